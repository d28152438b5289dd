# A hardening guide's settings of the kernel, linked as Debian 12 and Ubuntu have it
# from: dev-sec/ansible-collection-hardening#213, kairen/kubeadm-ansible#13
# on: vm-worker
# then: test "$(sysctl -n net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables | xargs)" = "1 1"
printf 'net.ipv4.ip_forward=0\nnet.bridge.bridge-nf-call-iptables=0\n' >/etc/sysctl.conf
ln -sf ../sysctl.conf /etc/sysctl.d/99-sysctl.conf
