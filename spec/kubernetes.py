"""What Kubernetes' releases have in common with no setting: their ends, their formats."""

from __future__ import annotations

from datetime import date

API_PORT = 6443
KUBELET_PORT = 10250
NODE_PORTS = "30000:32767"  # the range that Services of type NodePort come from
# Where the last patch of a minor version was due (kubernetes.io/releases).
END_OF_LIFE = {
    "1.28": date(2024, 10, 22),
    "1.29": date(2025, 2, 28),
    "1.30": date(2025, 7, 15),
    "1.31": date(2025, 11, 11),
    "1.32": date(2026, 2, 28),
    "1.33": date(2026, 6, 28),
    "1.34": date(2026, 10, 27),
    "1.35": date(2027, 2, 28),
    "1.36": date(2027, 6, 28),
    "1.37": date(2027, 10, 28),
}
NEW_FORMAT = 31  # the first minor version with kubeadm's v1beta4
POD_BITS = 24  # kube-controller-manager gives each node a range of this length


def pod_cards(cni: str, encapsulation: str) -> tuple[str, ...]:
    """Network cards of a node by which pods' packets come in, as iptables matches them."""
    if cni == "flannel":
        return ("cni0", "flannel.1")
    tunnels = {"vxlan": ("vxlan.calico",), "ipip": ("tunl0",), "bgp": ()}
    return ("cali+", *tunnels[encapsulation])


def past_its_end(minor: str, today: date) -> str:
    """A sentence about a minor version that gets no more fixes; "" while it does."""
    end = END_OF_LIFE.get(minor)
    if end is None or today <= end:
        return ""
    return (
        f"Kubernetes {minor} reached its end of life on {end}: it gets no more security fixes;"
        " choose a newer line for a new cluster (kubernetes_version)"
    )


def without_policies(cni: str) -> str:
    """A sentence about a pod network that enforces no NetworkPolicy; "" of one that does."""
    if cni != "flannel":
        return ""
    return (
        "cni is flannel, which enforces no NetworkPolicy: every pod of the cluster reaches the"
        " application's database; choose calico for a new cluster"
    )


def kubeadm_api(minor: str) -> str:
    """The version of kubeadm's configuration format."""
    return "v1beta4" if int(minor.partition(".")[2]) >= NEW_FORMAT else "v1beta3"
