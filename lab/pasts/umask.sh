# Files for their owner only, and a terminal of sudo's own
# from: CIS benchmarks (umask 077, use_pty)
# on: vm-docker vm-k8s vm-worker
sed -i '1i umask 077' /home/admin/.bashrc
sed -i 's/^UMASK.*/UMASK 077/' /etc/login.defs
echo 'Defaults use_pty, umask=0077' >/etc/sudoers.d/strict
