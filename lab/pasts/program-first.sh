# A kubeadm of kubespray's, before the package's in PATH
# from: kubespray's bin_dir, /usr/local/bin
# on: vm-k8s
# refused: /usr/local/bin/kubeadm is found before the package's program
printf '#!/bin/sh\nexit 1\n' >/usr/local/bin/kubeadm
chmod 0755 /usr/local/bin/kubeadm
