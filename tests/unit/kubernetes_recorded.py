"""What the facts of a cluster's machines printed on real ones (Kubernetes 1.30.0, Debian 13)."""

from __future__ import annotations

from typing import Any

from pyinfra.api.facts import FactBase

from facts.apt import Held
from facts.cluster import AccountKubeconfig, Cluster, ClusterState, Copies, Same, There
from facts.containerd import Containerd, ContainerdState, Registries
from facts.files import Directory
from facts.kernel import Modules, Swap, SwapState, Sysctl
from facts.kubernetes import (
    PARTS,
    ControlPlane,
    ControlPlaneState,
    Kubelet,
    KubeletState,
    Strangers,
)
from facts.nodes import Nodes, NodeState, Remains

PIN = "5e4bc972734f84090ea81396d32967a6d3fb144bd25711cca978402455eda16a"
WORKER = {"kubernetes.io/hostname": "vm-worker", "kubernetes.io/os": "linux"}
LABELS = '{"kubernetes.io/hostname":"vm-worker","kubernetes.io/os":"linux"}'
ASKED = {"version": "1.30.0", "images": "registry.k8s.io"}
GRANT = {
    "account": "ci",
    "account_namespace": "shop-ci",
    "namespace": "shop",
    "server": "https://10.0.0.1:6443",
    "user": "admin",
    "path": ".kube/ci",
}
RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (Held, {}, "kubeadm\nkubectl\nkubelet", ("kubeadm", "kubectl", "kubelet")),
    (
        Containerd,
        ASKED,
        "version 1.7.24~ds1\nsandbox registry.k8s.io/pause:3.9",
        ContainerdState(1, "registry.k8s.io/pause:3.9"),
    ),
    (Containerd, ASKED, "version v2.1.4", ContainerdState(2)),
    (Registries, {}, "docker.io\nharbor.local:8080", ("docker.io", "harbor.local:8080")),
    (Directory, {"path": "/data/my sql"}, "700 999 999", ("0700", 999, 999)),
    (
        Sysctl,
        {"names": ["net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"]},
        "net.ipv4.ip_forward = 1",
        {"net.ipv4.ip_forward": "1"},
    ),
    (Modules, {}, "overlay\nbr_netfilter", ("overlay", "br_netfilter")),
    (
        Swap,
        {},
        "active /dev/sda5\nfstab UUID=1\nunit dev-zram0.swap\nfile /swap.img",
        SwapState(("/dev/sda5",), ("UUID=1",), ("dev-zram0.swap",), ("/swap.img",)),
    ),
    (
        ControlPlane,
        {},
        "\n".join(f"part {part}" for part in PARTS)
        + f"\ndata yes\nversion 1.30.0\nca {PIN}\ndays 364",
        ControlPlaneState(False, len(PARTS), True, "1.30.0", PIN, 364),
    ),
    (
        ControlPlane,
        {},
        "begun yes\npart manifests/etcd.yaml",
        ControlPlaneState(begun=True, parts=1),
    ),
    (
        Kubelet,
        {},
        f"server https://192.168.56.43:6443\nca {PIN}",
        KubeletState(False, "https://192.168.56.43:6443", PIN),
    ),
    (Kubelet, {}, "begun yes", KubeletState(begun=True)),
    (
        Cluster,
        {},
        f'nodes {{"items":[{{"metadata":{{"name":"vm-worker","labels":{LABELS}}}}}]}}\n\n'
        'networks {"items":[{"metadata":{"name":"kube-proxy"}},'
        '{"metadata":{"name":"calico-node"}}]}\n\n'
        f'applied {{"kind":"ConfigMap","data":{{"calico":"{PIN}"}}}}',
        ClusterState(True, {"vm-worker": WORKER}, "calico", {"calico": PIN}),
    ),
    (
        Cluster,
        {},
        'nodes {"items":[{"metadata":{"name":"vm-k8s"}}]}\n'
        'networks {"items":[{"metadata":{"name":"kube-proxy"}}]}\napplied ',
        ClusterState(True, {"vm-k8s": {}}),
    ),
    (Cluster, {}, "nodes ", ClusterState()),
    (Same, {"manifests": ["kind: x\n", "kind: y\n"]}, "same", True),
    (Copies, {"users": ["root", "admin"]}, "root", {"root": True}),
    (AccountKubeconfig, GRANT, "89", 89),
    (AccountKubeconfig, GRANT, "-3", 0),
    (
        There,
        {"paths": ["/api/v1/namespaces/x", "/api/v1/namespaces/y"]},
        "/api/v1/namespaces/x",
        ("/api/v1/namespaces/x",),
    ),
    (
        Strangers,
        {"addresses": ["192.168.56.43:10250", "192.168.56.44:10250"]},
        "192.168.56.44:10250",
        ("192.168.56.44:10250",),
    ),
    (
        Nodes,
        {},
        'nodes {"items":[{"metadata":{"name":"vm-k8s","labels":{}},"status":{"conditions":'
        '[{"type":"Ready","status":"True"}]}},{"metadata":{"name":"vm-worker","labels":'
        '{"kubernetes.io/hostname":"vm-worker"}},"status":{"conditions":'
        '[{"type":"Ready","status":"Unknown"}]}}]}\n'
        'volumes {"items":[{"metadata":{"name":"mysql-pv"},"spec":{"nodeAffinity":{"required":'
        '{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname",'
        '"operator":"In","values":["vm-worker"]}]}]}}}}]}',
        {"vm-k8s": NodeState(ready=True), "vm-worker": NodeState(volumes=("mysql-pv",))},
    ),
    (
        Remains,
        {},
        "left /etc/kubernetes\nleft kubelet runs\nleft cni0\nleft :KUBE-SERVICES",
        ("/etc/kubernetes", "kubelet runs", "cni0", ":KUBE-SERVICES"),
    ),
]
