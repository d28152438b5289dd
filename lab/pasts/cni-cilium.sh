# The pod network of an earlier cluster
# from: Netcracker/KubeMarine#156
# on: vm-k8s
# refused: /etc/cni/net.d/05-cilium.conflist is another pod network's
mkdir -p /etc/cni/net.d
echo '{"cniVersion":"0.4.0","name":"cilium","plugins":[{"type":"cilium-cni"}]}' >/etc/cni/net.d/05-cilium.conflist
