# Somebody has edited a timer with `systemctl edit --full`
# from: systemd/systemd#27965, ansible/ansible#81649
# on: vm-docker
# then: test "$(systemctl is-enabled apt-daily.timer)" = masked
cp /usr/lib/systemd/system/apt-daily.timer /etc/systemd/system/
systemctl daemon-reload
