# What an unfinished `kubeadm reset` leaves
# from: kubernetes/kubeadm's "FileAvailable" checks
# on: vm-k8s
# refused: has half a cluster (/etc/kubernetes/manifests/kube-apiserver.yaml)
mkdir -p /etc/kubernetes/manifests
echo 'kind: Pod' >/etc/kubernetes/manifests/kube-apiserver.yaml
