# A hardening guide's drop-in for every service
# from: systemd.unit(5), "service.d"; systemd-analyze security's advice
# on: vm-docker
# refused: /etc/systemd/system/service.d/hardening.conf says NoNewPrivileges=yes
mkdir -p /etc/systemd/system/service.d
printf '[Service]\nNoNewPrivileges=yes\nProtectHome=yes\n' >/etc/systemd/system/service.d/hardening.conf
