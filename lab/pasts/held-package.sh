# Packages that somebody holds
# from: Kubernetes' guide (apt-mark hold)
# on: vm-worker
apt-get update -q && apt-get install -q -y containerd
apt-mark hold containerd
