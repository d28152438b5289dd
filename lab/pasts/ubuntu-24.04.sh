# What differs on Ubuntu 24.04: ufw and systemd-resolved there, /swap.img, os-release
# from: Ubuntu Server's installer
# on: vm-k8s
# then: test ! -e /swap.img
apt-get update -q
dpkg --configure -a
apt-get install -q -y --no-install-recommends ufw systemd-resolved
truncate -s 1M /swap.img
echo '/swap.img none swap sw 0 0' >>/etc/fstab
rm /etc/os-release
printf 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n' >/etc/os-release
