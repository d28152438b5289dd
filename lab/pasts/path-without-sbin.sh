# sudo with the user's own PATH
# from: `Defaults !secure_path`; Debian's users have no /usr/sbin in theirs
# on: vm-docker vm-worker
echo 'Defaults !secure_path' >/etc/sudoers.d/path
