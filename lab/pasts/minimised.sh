# A small image: packages without their documentation, and one release preferred
# from: Ubuntu's minimised images (dpkg's path-exclude); apt.conf(5), APT::Default-Release
# on: vm-docker vm-worker
printf 'path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
  >/etc/dpkg/dpkg.cfg.d/excludes
echo 'APT::Default-Release "trixie";' >/etc/apt/apt.conf.d/00release
