"""Settings of the cluster, which its control plane applies."""

# Neither may overlap any other network here. The runbook's 192.168.0.0/16 holds the machines' own:
# pods would be given the addresses of hosts, and what a pod sends to one would not find back.
pod_network = "10.244.0.0/16"
service_network = "10.96.0.0/12"

# What carries the pod network: calico or flannel. A running cluster keeps the one that it has.
cni = "calico"
calico_manifests = "https://raw.githubusercontent.com/projectcalico/calico"
calico_version = "3.28.0"
calico_sha256 = "93e7f39c3f93f9dc67ee2386aa7240d8d13ff62e54535a2f5f6432e8c6c0f24f"
# vxlan works on any network; ipip and bgp need one that lets them through.
calico_encapsulation = "vxlan"
flannel_manifests = "https://raw.githubusercontent.com/flannel-io/flannel"
flannel_version = "0.25.7"
flannel_sha256 = "1f9d894f4cf6d3ff78b991341de02fefe64bfa88575bafc2a967eaeaa252a596"

# More names and addresses that the API server answers to, such as that of a load balancer.
kubeadm_extra_sans = []
kubeadm_images = "registry.k8s.io"
# Merged into every kubelet's configuration, and into kube-proxy's when the cluster is made.
kubeadm_kubelet = {}
kubeadm_kube_proxy = {}
kubeadm_ignored_errors = []

# A pod on each node that only answers: gates ask it whether the pod network works.
probe_image = "busybox:1.36"
