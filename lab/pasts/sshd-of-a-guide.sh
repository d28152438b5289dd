# sshd that lets go of who is quiet, and of who tries too often
# from: CIS benchmarks (ClientAliveInterval, MaxAuthTries, LoginGraceTime)
# on: vm-k8s vm-worker
printf 'ClientAliveInterval 15\nClientAliveCountMax 3\nMaxAuthTries 2\nLoginGraceTime 20\nAllowTcpForwarding no\nX11Forwarding no\n' \
  >/etc/ssh/sshd_config.d/60-cis.conf
systemctl reload ssh
