# Swap by a unit that somebody wrote, and by a service
# from: systemd/systemd#12084, ansible/ansible#81649
# on: vm-worker
# then: test "$(systemctl is-enabled swapfile.swap)" = masked
# then: test "$(systemctl is-enabled zramswap.service)" = masked
printf '[Swap]\nWhat=/swapfile\n[Install]\nWantedBy=swap.target\n' >/etc/systemd/system/swapfile.swap
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
  >/etc/systemd/system/zramswap.service
systemctl daemon-reload
systemctl enable --quiet swapfile.swap zramswap.service
systemctl start zramswap.service
