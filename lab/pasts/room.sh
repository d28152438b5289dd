# A small partition for /opt
# from: the "free disk for what a role will put there"
# on: vm-docker
# refused: MiB free on /opt, 1700 are needed there
mount -t tmpfs -o size=200m tmpfs /opt
