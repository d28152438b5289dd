# What somebody's own cleaning of a node has left
# from: kubernetes/kubeadm's "FileAvailable--etc-kubernetes-pki-ca.crt"
# on: vm-worker
# refused: has the authority of another cluster (/etc/kubernetes/pki/ca.crt)
mkdir -p /etc/kubernetes/pki
echo 'somebody else' >/etc/kubernetes/pki/ca.crt
