# A containerd 2 has written its configuration
# from: scality/metalk8s#4821, sassoftware/viya4-iac-k8s#187
# on: vm-docker
# refused: /etc/containerd/config.toml is of version 3
mkdir -p /etc/containerd
echo 'version = 3' >/etc/containerd/config.toml
