# A provider's resolv.conf that nobody may change
# from: YunoHost/install_script#43, onedr0p/cluster-template#1064
# on: vm-worker
# refused: /etc/resolv.conf is immutable
apt-get update -q && apt-get install -q -y e2fsprogs
cat /etc/resolv.conf >/etc/resolv.conf.new && mv -fT /etc/resolv.conf.new /etc/resolv.conf
chattr +i /etc/resolv.conf
