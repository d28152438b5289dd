# Data would be where nothing lasts
# from: issue 16, "free disk for what a role will put there"
# on: vm-docker
# refused: /data/harbor would be on tmpfs, a file system in memory, and empty after the next boot
mkdir -p /data
mount -t tmpfs -o size=2g tmpfs /data
