# What differs on Ubuntu 22.04: systemd-resolved inside systemd, ufw there, netplan, os-release
# from: voxpupuli/puppet-systemd#525, pop-os/upgrade#378
# on: vm-worker
# then: ! dpkg-query -W -f '${db:Status-Status}\n' systemd-resolved | grep -qx installed
# then: resolvectl status
apt-get update -q
cd /tmp || exit
apt-get install -q -y --no-install-recommends ufw needrestart
apt-get download -q systemd-resolved
dpkg-deb -x systemd-resolved_*.deb /
systemd-sysusers
systemctl daemon-reload
systemctl reload dbus || :
systemctl enable --quiet --now systemd-resolved
printf 'Package: systemd-resolved\nPin: release *\nPin-Priority: -1\n' >/etc/apt/preferences.d/as-jammy
rm /etc/os-release
printf 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n' >/etc/os-release
mkdir -p /etc/netplan
printf 'network:\n  version: 2\n' >/etc/netplan/00-installer-config.yaml
