# Firewalls that come back at the next boot
# from: firewalld; iptables-persistent
# on: vm-k8s
# refused: netfilter-persistent puts rules that somebody has saved in place of the platform's
# refused: firewalld is off now and comes back at the next boot
for name in firewalld netfilter-persistent; do
  printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/$name.service
done
systemctl daemon-reload
systemctl enable --quiet firewalld.service netfilter-persistent.service
