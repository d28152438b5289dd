"""What every Kubernetes has in common, and no setting."""

from __future__ import annotations

API_PORT = 6443
BALANCED_PORT = 8443  # of the virtual address, which leads to whichever API server answers
ETCD_PORTS = (2379, 2380)
KUBELET_PORT = 10250
DATABASE_USER = 999  # in MySQL's image: its files are this user's
NODE_PORTS = "30000:32767"  # the range that Services of type NodePort come from
POD_BITS = 24  # kube-controller-manager gives each node a range of this length


def pod_cards(cni: str, encapsulation: str) -> tuple[str, ...]:
    """Network cards of a node by which pods' packets come in, as iptables matches them."""
    if cni == "flannel":
        return ("cni0", "flannel.1")
    tunnels = {"vxlan": ("vxlan.calico",), "ipip": ("tunl0",), "bgp": ()}
    return ("cali+", *tunnels[encapsulation])
