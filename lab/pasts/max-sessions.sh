# sshd lets one session into a connection
# from: hardening guides (MaxSessions)
# on: vm-docker
# refused: sshd lets 1 session into a connection
echo 'MaxSessions 1' >/etc/ssh/sshd_config.d/50-sessions.conf
systemctl reload ssh
