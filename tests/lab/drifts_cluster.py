"""What somebody may do to a node by hand, and which operations must notice."""

from __future__ import annotations

from tests.lab.cluster import CNI
from tests.lab.drifts import Drift

CLUSTER_DRIFTS = {
    "edits containerd's configuration": Drift(
        1,
        "vm-worker",
        "sed -i s/certs.d/other.d/ /etc/containerd/config.toml",
        ("K8s node | Configure containerd",),
    ),
    "lets an upgrade take kubelet along": Drift(
        1,
        "vm-k8s",
        "apt-mark unhold kubelet",
        ("K8s node | Hold Kubernetes at its version", "Wait at the k8s_node gate"),
    ),
    "adds swap to fstab": Drift(
        2,
        "vm-k8s",
        'echo "/dev/zero none swap sw 0 0" >>/etc/fstab',
        ("K8s node | Turn swap off for good",),
    ),
    "edits the pod network": Drift(
        2,
        "vm-k8s",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-flannel patch configmap"
        ' kube-flannel-cfg --type merge --patch "{\\"data\\": {\\"cni-conf.json\\": \\"{}\\"}}"',
        ("K8s control | Give pods their network, flannel",),
    ),
    "adds a registry": Drift(
        3,
        "vm-worker",
        "mkdir /etc/containerd/certs.d/quay.io",
        ("K8s node | Tell containerd of the registries",),
    ),
    "takes the pipeline's rights": Drift(
        3,
        "vm-k8s",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf -n threebody-prod delete role ci",
        ("Cluster | Let the pipeline work in its namespace", "Wait at the cluster gate"),
    ),
    "lets others read the database": Drift(
        4,
        "vm-worker",
        "chmod 0755 /data/threebody/mysql",
        ("K8s worker | Make room for the database", "Wait at the k8s_worker gate"),
    ),
    "removes the administrator's kubeconfig": Drift(
        4,
        "vm-k8s",
        "rm /home/admin/.kube/config",
        (
            "K8s control | Give root and the login user the kubeconfig",
            "K8s control | Bring the kubeconfig here",
            "Wait at the k8s_control gate",
        ),
        repaired=("K8s control | Give root and the login user the kubeconfig",),
    ),
    "takes the application's fence down": Drift(
        5,
        "vm-k8s",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf -n threebody-prod delete networkpolicy"
        " shut",
        ("Cluster | Fence the application's namespace",),
    ),
    "takes the pipeline's kubeconfig": Drift(
        6,
        "vm-k8s",
        "rm /home/admin/.kube/ci",
        (
            "Cluster | Write the pipeline's kubeconfig",
            "Cluster | Bring the pipeline's kubeconfig here",
            "Wait at the cluster gate",
        ),
    ),
    "turns kubelet off": Drift(
        5,
        "vm-worker",
        "systemctl disable --now kubelet",
        # Its pods go on, and the cluster calls it Ready for another 40 seconds.
        ("K8s worker | Start kubelet", "Wait at the k8s_worker gate"),
    ),
    "lets every pod into the probe": Drift(
        4,
        "vm-k8s",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf -n threebody-probe delete networkpolicy"
        " probe",
        (
            "Cluster | Put a pod on each node that only answers",
            *(("Wait at the cluster gate",) if CNI == "calico" else ()),
        ),
    ),
    "stops bridged packets at no rule": Drift(
        4,
        "vm-worker",
        "sysctl -w net.bridge.bridge-nf-call-ip6tables=0",
        ("K8s node | Set the kernel up as a router", "Wait at the k8s_node gate"),
    ),
}
