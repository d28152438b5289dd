# A kubelet's flags from an earlier life
# from: /etc/default/kubelet, which kubeadm's unit reads last
# on: vm-worker
# refused: /etc/default/kubelet says KUBELET_EXTRA_ARGS=--node-ip=10.0.2.15
echo 'KUBELET_EXTRA_ARGS=--node-ip=10.0.2.15' >/etc/default/kubelet
