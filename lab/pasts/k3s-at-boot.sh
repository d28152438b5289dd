# A k3s that was stopped, and is still enabled
# from: k3s-killall.sh, which stops everything and disables nothing
# on: vm-k8s
# refused: another Kubernetes is off now and comes back at the next boot (k3s.service)
printf '[Service]\nExecStart=/bin/sleep 3600\n[Install]\nWantedBy=multi-user.target\n' \
  >/etc/systemd/system/k3s.service
systemctl daemon-reload
systemctl enable --quiet k3s.service
