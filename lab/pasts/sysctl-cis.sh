# Strict filters of packets, as a benchmark wants them
# from: CIS benchmarks (network parameters); projectcalico/felix#2082
# on: vm-k8s vm-worker
# then: test "$(sysctl -n net.ipv4.conf.all.rp_filter)" = 1
printf 'net.ipv4.conf.%s = %s\n' all.rp_filter 1 default.rp_filter 1 all.send_redirects 0 default.send_redirects 0 \
  all.accept_redirects 0 all.log_martians 1 default.log_martians 1 >/etc/sysctl.d/60-cis.conf
sysctl -q -p /etc/sysctl.d/60-cis.conf
