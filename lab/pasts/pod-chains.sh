# The rules of a pod network that was reset, and not booted since
# from: kubernetes/kubeadm#689, projectcalico/calico#5100
# on: vm-worker
# refused: iptables has chains of an earlier cluster (cali-INPUT)
apt-get update -q && apt-get install -q -y iptables
iptables -N cali-INPUT
iptables -I INPUT -j cali-INPUT
