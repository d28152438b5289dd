# The network that Debian's podman, CRI-O and containerd's script bring
# from: kubernetes/kubeadm#2400, cri-o/cri-o#2885
# on: vm-worker
# refused: /etc/cni/net.d/87-podman-bridge.conflist is another pod network's
mkdir -p /etc/cni/net.d
echo '{"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"bridge","bridge":"cni-podman0"}]}' \
  >/etc/cni/net.d/87-podman-bridge.conflist
