# A drop-in that has Docker listen on the network
# from: Docker's documentation, "Configure remote access"
# on: vm-docker
# refused: /etc/systemd/system/docker.service.d/override.conf counts more than the package's unit
mkdir -p /etc/systemd/system/docker.service.d
printf '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// -H tcp://127.0.0.1:2375\n' \
  >/etc/systemd/system/docker.service.d/override.conf
