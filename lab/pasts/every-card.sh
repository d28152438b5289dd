# systemd-networkd is to set up whatever card there is
# from: a 99-default.network with Name=*; systemd.network(5)
# on: vm-worker
# refused: /etc/systemd/network/99-default.network has systemd-networkd set up every card (Name=*)
systemctl is-active --quiet systemd-networkd
printf '[Match]\nName=*\n\n[Network]\nDHCP=yes\n' >/etc/systemd/network/99-default.network
