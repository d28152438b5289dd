# A resolver of the machine's own, which a pod would take for itself
# from: coredns' loop plugin, "Troubleshooting Loops In Kubernetes Clusters"
# on: vm-worker
# refused: /etc/systemd/resolved.conf.d/unbound.conf names 127.0.0.1 as DNS server
mkdir -p /etc/systemd/resolved.conf.d
printf '[Resolve]\nDNS=127.0.0.1\n' >/etc/systemd/resolved.conf.d/unbound.conf
