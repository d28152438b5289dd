# sshd lets the login user alone have one session a connection
# from: sshd_config(5), Match User
# on: vm-k8s
# refused: sshd lets 2 sessions into a connection
printf 'Match User admin\n  MaxSessions 2\n' >/etc/ssh/sshd_config.d/90-admin.conf
systemctl reload ssh
