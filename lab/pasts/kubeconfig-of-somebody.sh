# The login user has a kubeconfig of another cluster
# from: `kubeadm reset`, which leaves it; people who look after several clusters
# on: vm-k8s
# noted: /home/admin/.kube/config is of another cluster: it is kept as /home/admin/.kube/config.before
# then: grep -q elsewhere.example /home/admin/.kube/config.before
# then: ! grep -q elsewhere.example /home/admin/.kube/config
mkdir /home/admin/.kube
echo '{kind: Config, clusters: [{name: x, cluster: {server: "https://elsewhere.example:6443"}}]}' >/home/admin/.kube/config
chown -R "admin:$(id -g admin)" /home/admin/.kube
