# IPv6 is switched off
# from: CIS benchmarks ("Disable IPv6"); goharbor/harbor#19932, nginx/docker-nginx-unprivileged#35
# on: vm-docker vm-k8s vm-worker
# then: test -z "$(ip -6 addr)"
printf 'net.ipv6.conf.all.disable_ipv6 = 1\nnet.ipv6.conf.default.disable_ipv6 = 1\n' >/etc/sysctl.d/70-no-ipv6.conf
sysctl -q -p /etc/sysctl.d/70-no-ipv6.conf
