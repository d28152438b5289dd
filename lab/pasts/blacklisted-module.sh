# A hardening guide has blocked br_netfilter
# from: CIS benchmarks' way to disable a module
# on: vm-worker
# refused: the module br_netfilter is blocked in /etc/modprobe.d
echo 'install br_netfilter /bin/false' >/etc/modprobe.d/hardening.conf
