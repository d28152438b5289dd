# The login user's home is root's
# from: `useradd` without -m, a home that was made by hand with sudo
# on: vm-k8s
# refused: admin has no home to write in (/home/admin)
chown root:root /home/admin
chmod 0755 /home/admin
