"""Settings of the cluster, which its control plane applies."""

# Neither may overlap any other network here. The runbook's 192.168.0.0/16 holds the machines' own:
# pods would be given the addresses of hosts, and what a pod sends to one would not find back.
pod_network = "10.244.0.0/16"
service_network = "10.96.0.0/12"

# What carries the pod network: calico or flannel. A running cluster keeps the one that it has.
cni = "calico"
calico_manifests = "https://raw.githubusercontent.com/projectcalico/calico"
calico_version = "3.32.1"
calico_sha256 = "a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744"
# vxlan works on any network; ipip and bgp need one that lets them through.
calico_encapsulation = "vxlan"
flannel_manifests = "https://raw.githubusercontent.com/flannel-io/flannel"
flannel_version = "0.28.9"
flannel_sha256 = "e875824be2f552b45711dbda91af81b17eb961d00025d914d9fef18fad8f09c0"
# flannel enforces no NetworkPolicy: this image of kube-router does beside it.
flannel_policies_image = "cloudnativelabs/kube-router:v2.1.0"

# With three control planes, the address that moves to one that is there: free, and of node_network.
# It is the cluster's for good, so a cluster that may grow later is made with it.
control_plane_address = None

# More names and addresses that the API server answers to, such as that of a load balancer.
kubeadm_extra_sans = []
kubeadm_images = "registry.k8s.io"
# Merged into every kubelet's configuration, and into kube-proxy's when the cluster is made.
kubeadm_kubelet = {}
kubeadm_kube_proxy = {}
kubeadm_ignored_errors = []

# A pod on each node that only answers: gates ask it whether the pod network works.
probe_image = "busybox:1.36"
