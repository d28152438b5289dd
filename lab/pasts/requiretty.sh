# sudo wants a terminal
# from: pyinfra-dev/pyinfra#363
# on: vm-worker
# alone: nobody becomes root to see anything else
# refused: sudo wants a terminal (`Defaults requiretty`): take that out for admin
echo 'Defaults requiretty' >/etc/sudoers.d/tty
