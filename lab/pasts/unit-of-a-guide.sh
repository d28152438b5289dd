# The unit of containerd's own guide, for what was unpacked under /usr/local
# from: containerd's "Getting started", option 1
# on: vm-worker
# refused: /usr/local/lib/systemd/system/containerd.service counts more than the package's unit
mkdir -p /usr/local/lib/systemd/system
printf '[Service]\nExecStart=/usr/local/bin/containerd\n' >/usr/local/lib/systemd/system/containerd.service
