"""Checks of the cluster: sizes of its networks, what its nodes pull, names and ports of workers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network
from urllib.parse import urlsplit

from spec.application import SHIPPED
from spec.components import kube_proxy, kubelet
from spec.errors import Mistake
from spec.kubernetes import POD_BITS
from spec.lines import calico_fits, containerd_fits
from spec.parts import JOURNALS_PORT, Machine
from spec.paths import within
from spec.ports import taken_twice
from spec.settings import All, DockerHost, K8sControl, K8sNode, K8sWorker

# Of a node's range, without its first and last address, and the one of cni0.
FLANNEL_PODS = 2 ** (32 - POD_BITS) - 3


def k8s_node(settings: K8sNode, registry: DockerHost) -> Iterable[Mistake]:
    """The containerd that a node gets, and what it is told of registries."""
    version = registry.docker_containerd_version
    reason = containerd_fits(settings.containerd_source, version, settings.kubernetes_minor)
    if reason:
        yield Mistake("k8s_node", "containerd_source", settings.containerd_source, reason)
    own = f"{registry.harbor_host}:{registry.harbor_port}"
    if own in settings.containerd_mirrors:
        reason = "is the platform's own registry (harbor_url), which is asked itself: leave it out"
        yield Mistake("k8s_node", "containerd_mirrors", own, reason)
    for name, mirror in settings.containerd_mirrors.items():
        if urlsplit(mirror).netloc == name:
            reason = "leads to itself: leave it out, or write where its mirror is"
            yield Mistake("k8s_node", "containerd_mirrors", name, reason)


def components(settings: K8sControl, nodes: K8sNode) -> Iterable[Mistake]:
    """What does not go with the configured version of Kubernetes."""
    minor = nodes.kubernetes_minor
    reason = calico_fits(settings.calico_version, minor)
    if reason and settings.cni == "calico":
        yield Mistake("k8s_control", "calico_version", settings.calico_version, reason)
    yield from kubelet(settings.kubeadm_kubelet, minor)
    yield from kube_proxy(settings.kubeadm_kube_proxy, minor)


def node_ports(settings: K8sControl, nodes: All) -> Iterable[Mistake]:
    """Where kube-proxy answers on NodePorts, the edge has to reach it."""
    given = settings.kubeadm_kube_proxy.get("nodePortAddresses", [])
    try:
        networks = [IPv4Network(one, strict=False) for one in given]
    except ValueError:
        return  # "primary", or a mistake that its field tells of
    if networks and not any(one.overlaps(nodes.node_network) for one in networks):
        reason = f"nodePortAddresses leave out node_network {nodes.node_network}, where the edge is"
        yield Mistake("k8s_control", "kubeadm_kube_proxy", "nodePortAddresses", reason)


def k8s_control(settings: K8sControl, machines: Sequence[Machine]) -> Iterable[Mistake]:
    """What the cluster's own settings do not leave room for."""
    nodes = sum("k8s_node" in machine.groups for machine in machines)
    length = settings.pod_network.prefixlen
    room = 2 ** (POD_BITS - length) if length <= POD_BITS else 0
    if room < nodes:
        reason = (
            f"too small: each node gets a /{POD_BITS} of it, so it is enough for {room} nodes,"
            f" and there are {nodes}"
        )
        yield Mistake("k8s_control", "pod_network", str(settings.pod_network), reason)
    most = settings.kubeadm_kubelet.get("maxPods")
    if settings.cni == "flannel" and isinstance(most, int) and most > FLANNEL_PODS:
        reason = (
            f"{most} are more than the {FLANNEL_PODS} for which flannel has addresses on a node:"
            " write fewer, or add a worker"
        )
        yield Mistake("k8s_control", "kubeadm_kubelet", "maxPods", reason)
    if not 12 <= settings.service_network.prefixlen <= 24:
        reason = "Kubernetes takes a range from /12 to /24 for services"
        yield Mistake("k8s_control", "service_network", str(settings.service_network), reason)


def k8s_worker(settings: K8sWorker, machines: Sequence[Machine]) -> Iterable[Mistake]:
    """What does not go together among the settings of the workers."""
    users: dict[int, list[str]] = defaultdict(list)
    for name in type(settings).model_fields:
        if name.endswith("_port") and (port := getattr(settings, name)):
            users[port].append(name)
    for name, tier in settings.app_tiers.items():
        users[tier.port].append(f"app_tiers.{name}.port")
    users[JOURNALS_PORT].append("the monitoring's journals")
    yield from taken_twice("k8s_worker", users, "every worker")
    workers = [machine.hostname for machine in machines if "k8s_worker" in machine.groups]
    named = {"app_database_worker": [settings.app_database_worker]}
    if settings.monitoring_enabled:
        named["monitoring_worker"] = [settings.monitoring_worker]
    named["worker_labels"] = list(settings.worker_labels)
    for setting, names in named.items():
        for name in names:
            if workers and name not in workers:
                reason = f"no machine of k8s_worker has this name; there are {', '.join(workers)}"
                yield Mistake("k8s_worker", setting, name, reason)


def monitoring_folder(settings: K8sWorker) -> Iterable[Mistake]:
    """What a removal of the monitoring deletes is nobody else's."""
    path, database = settings.monitoring_path, settings.app_database_path
    if settings.monitoring_enabled and (within(path, database) or within(database, path)):
        reason = f"overlaps app_database_path {database}: choose a folder of its own"
        yield Mistake("k8s_worker", "monitoring_path", repr(path), reason)


def shipped_tiers(settings: K8sWorker, other: DockerHost) -> Iterable[Mistake]:
    """The shipped application's manifests and its page name tiers of their own."""
    tiers = settings.app_tiers
    if other.application_source or (set(SHIPPED) <= set(tiers) and tiers[SHIPPED[0]].path == "/"):
        return
    found = ", ".join(f"{name} at {tier.path}" for name, tier in tiers.items())
    reason = f"the shipped application has {', '.join(SHIPPED)}, and {SHIPPED[0]} at /: add what is"
    reason += " missing, or write your own application as application_source"
    yield Mistake("k8s_worker", "app_tiers", found, reason)


def database_folder(settings: K8sWorker, other: DockerHost) -> Iterable[Mistake]:
    """Another machine's folders: only the very same path is somebody's slip of the pen."""
    path = settings.app_database_path
    for name in ("docker_data_root", "harbor_data", "application_path"):
        if getattr(other, name) == path:
            reason = f"is {name} already: MySQL takes it for itself; choose a folder of its own"
            yield Mistake("k8s_worker", "app_database_path", repr(path), reason)
