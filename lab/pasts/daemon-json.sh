# Somebody's own settings of Docker
# from: guides to log rotation and mirrors
# on: vm-docker
# noted: /etc/docker/daemon.json is replaced, and what it says no longer counts: data-root, log-opts, max-size
# then: ! grep -q /srv/docker /etc/docker/daemon.json
mkdir -p /etc/docker
echo '{"data-root": "/srv/docker", "log-opts": {"max-size": "10m"}}' >/etc/docker/daemon.json
