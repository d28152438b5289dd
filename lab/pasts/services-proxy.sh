# A proxy for every service, by systemd's manager
# from: systemd-system.conf(5), DefaultEnvironment; guides to machines behind proxies
# on: vm-k8s
# refused: /etc/systemd/system.conf.d/proxy.conf sends containerd through a proxy to harbor.local as well
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\nDefaultEnvironment="https_proxy=http://proxy.example:3128" "no_proxy=192.168.0.0/16"\n' \
  >/etc/systemd/system.conf.d/proxy.conf
