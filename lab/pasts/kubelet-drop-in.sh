# A drop-in for kubelet from an older guide, with flags that are gone
# from: containerd guides for Kubernetes before 1.27 (`0-containerd.conf`)
# on: vm-k8s
# refused: /etc/systemd/system/kubelet.service.d/0-containerd.conf says KUBELET_EXTRA_ARGS=--container-runtime=remote
mkdir -p /etc/systemd/system/kubelet.service.d
printf '[Service]\nEnvironment="KUBELET_EXTRA_ARGS=--container-runtime=remote"\n' \
  >/etc/systemd/system/kubelet.service.d/0-containerd.conf
