# The bridge of a pod network that was reset, and not booted since
# from: kubernetes/kubernetes#39557, cloudnativelabs/kube-router#496
# on: vm-worker
# refused: has cards of an earlier pod network (cni0)
ip link add cni0 type bridge
ip address add 10.244.7.1/24 dev cni0
