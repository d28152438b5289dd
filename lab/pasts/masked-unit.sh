# A unit that somebody has masked
# from: hardening guides; what is left after Docker was "switched off for good"
# on: vm-docker
# refused: docker.socket is masked, and the platform starts it
ln -sf /dev/null /etc/systemd/system/docker.socket
