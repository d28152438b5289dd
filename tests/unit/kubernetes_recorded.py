"""What the facts of a cluster's machines printed on real ones (Kubernetes 1.30.0, Debian 13)."""

from __future__ import annotations

from typing import Any

from pyinfra.api.facts import FactBase

from facts.apt import Held
from facts.cluster import (
    AccountKubeconfig,
    Cluster,
    ClusterState,
    Copies,
    Same,
    SecretSums,
    There,
)
from facts.containerd import Containerd, ContainerdState, Registries
from facts.files import Directory
from facts.helm import Release, Releases
from facts.kernel import Modules, Swap, SwapState, Sysctl
from facts.kubernetes import (
    PARTS,
    ControlPlane,
    ControlPlaneState,
    Kubelet,
    KubeletState,
    Strangers,
)
from facts.nodes import Members, Nodes, NodeState, Remains
from facts.upgrade import DeprecatedApi, Upgrade, UpgradeState

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
HELM = """{"kind":"PartialObjectMetadataList","items":[
{"metadata":{"labels":{"name":"kps","owner":"helm","status":"pending-upgrade","sum":"abc","version":"2"}}},
{"metadata":{"labels":{"name":"kps","owner":"helm","status":"deployed","sum":"def","version":"1"}}},
{"metadata":{"labels":{"name":"loki","owner":"helm","status":"failed","version":"1"}}}]}"""
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
        "unfinished yes\npart manifests/etcd.yaml",
        ControlPlaneState(unfinished=True, parts=1),
    ),
    (
        Kubelet,
        {},
        f"server https://192.168.56.43:6443\nca {PIN}",
        KubeletState(False, "https://192.168.56.43:6443", PIN),
    ),
    (Kubelet, {}, "unfinished yes", KubeletState(unfinished=True)),
    (
        Cluster,
        {},
        f'nodes {{"items":[{{"metadata":{{"name":"vm-worker","labels":{LABELS}}}}}]}}\n\n'
        'volumes {"items":[{"metadata":{"name":"shop-mysql"},"status":{"phase":"Released"}},'
        '{"metadata":{"name":"mine"},"status":{"phase":"Bound"}}]}\n\n'
        'networks {"items":[{"metadata":{"name":"kube-proxy"}},'
        '{"metadata":{"name":"calico-node","generation":3}}]}\n\n'
        'configs {"items":[{"metadata":{"name":"coredns","resourceVersion":"9"}},'
        '{"metadata":{"name":"calico-config","resourceVersion":"1234"}}]}\n\n'
        'tokens {"items":[{"metadata":{"name":"bootstrap-token-abcdef"}}]}\n\n'
        f'applied {{"kind":"ConfigMap","data":{{"calico":"{PIN}"}}}}',
        ClusterState(
            True,
            {"vm-worker": WORKER},
            "calico",
            {"calico": PIN},
            frozenset({"shop-mysql"}),
            ("bootstrap-token-abcdef",),
            "calico-config=1234 calico-node=3",
        ),
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
        SecretSums,
        {"namespace": "monitoring", "secret": "grafana-admin"},
        f"admin-user {PIN}\nadmin-password {PIN}",
        {"admin-user": PIN, "admin-password": PIN},
    ),
    (
        Releases,
        {"namespace": "monitoring"},
        HELM,
        {"kps": Release(2, "pending-upgrade", "abc"), "loki": Release(1, "failed")},
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
        '[{"type":"Ready","status":"True"}],"nodeInfo":{"kubeletVersion":"v1.30.0"}}},'
        '{"metadata":{"name":"vm-worker","labels":{"kubernetes.io/hostname":"vm-worker"}},'
        '"spec":{"unschedulable":true},"status":{"nodeInfo":{"kubeletVersion":"v1.30.0"},"conditions":'
        '[{"type":"Ready","status":"Unknown"}]}}]}\n'
        'volumes {"items":[{"metadata":{"name":"mysql-pv"},"spec":{"nodeAffinity":{"required":'
        '{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname",'
        '"operator":"In","values":["vm-worker"]}]}]}}}}]}',
        {
            "vm-k8s": NodeState(ready=True, kubelet="1.30.0"),
            "vm-worker": NodeState(volumes=("mysql-pv",), kubelet="1.30.0", cordoned=True),
        },
    ),
    (
        Upgrade,
        {},
        'proxy 1.36.3\ndeprecated group="",removed_release="",resource="endpoints",subresource="",'
        'version="v1"} 1\ndeprecated group="flowcontrol.apiserver.k8s.io",removed_release="1.32",'
        'resource="flowschemas",subresource="status",version="v1beta3"} 1',
        UpgradeState(
            "1.36.3",
            (
                DeprecatedApi("endpoints of v1", ""),
                DeprecatedApi("flowschemas of flowcontrol.apiserver.k8s.io/v1beta3", "1.32"),
            ),
        ),
    ),
    (Members, {}, "member vm-k8s leader\nmember vm-k8s-2 away", ("vm-k8s", "vm-k8s-2")),
    (
        Remains,
        {},
        "left /etc/kubernetes\nleft kubelet runs\nleft cni0\nleft :KUBE-SERVICES",
        ("/etc/kubernetes", "kubelet runs", "cni0", ":KUBE-SERVICES"),
    ),
]
