# Kubernetes' repository from its guide, signed by another file
# from: spantaleev/matrix-docker-ansible-deploy#3340
# on: vm-k8s
# refused: kubernetes.list has http://192.168.56.2/pkgs.k8s.io/core:/stable:/v1.36/deb/ with another Signed-By
install -m 0755 -d /etc/apt/keyrings
touch /etc/apt/keyrings/kubernetes-apt-keyring.gpg
echo "deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] http://192.168.56.2/pkgs.k8s.io/core:/stable:/v1.36/deb/ /" \
  >/etc/apt/sources.list.d/kubernetes.list
