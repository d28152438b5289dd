# A file system that the kernel has made read-only
# from: ext4's errors=remount-ro
# on: vm-worker
# last: nothing can be installed from now on
# refused: /usr is mounted read-only, and /usr is written
mount --bind /usr /usr
mount -o remount,bind,ro /usr
