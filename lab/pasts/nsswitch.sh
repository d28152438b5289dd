# Hosts are looked up in DNS alone
# from: nsswitch.conf(5); hardening and container images that end in `hosts: dns`
# on: vm-k8s
# refused: /etc/nsswitch.conf looks for hosts in `dns`, and not in /etc/hosts
sed -i 's/^hosts:.*/hosts: dns/' /etc/nsswitch.conf
