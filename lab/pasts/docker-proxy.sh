# Docker behind a proxy, as its own documentation says, and nothing left out
# from: docs.docker.com, "Daemon proxy configuration"
# on: vm-docker
# refused: /etc/systemd/system/docker.service.d/http-proxy.conf sends docker through a proxy to harbor.local as well
mkdir -p /etc/systemd/system/docker.service.d
printf '[Service]\nEnvironment="HTTP_PROXY=http://proxy.example:3128"\nEnvironment="NO_PROXY=localhost,127.0.0.1"\n' \
  >/etc/systemd/system/docker.service.d/http-proxy.conf
