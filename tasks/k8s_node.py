"""C1-C4, D1: what a machine needs before it may join a cluster, or begin one."""

from __future__ import annotations

from operations import apt, containerd, files, iptables, kernel, systemd
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.kubernetes import NODE_PORTS, pod_cards
from tasks.layer import layer

PACKAGES = ("kubelet", "kubeadm", "kubectl")


@layer("k8s_node", "K8s node")
def apply(platform: Platform) -> None:
    """A kernel that routes, a runtime that pulls from the registry, exactly the wanted kubelet."""
    prepare_kernel(platform)
    add_repository(platform)
    install(platform)
    run_containers(platform)
    close_node(platform)


def prepare_kernel(platform: Platform) -> None:
    """C1: kubelet refuses to start with swap; services are rules that bridged packets must pass."""
    kernel.no_swap(name="Turn swap off for good")
    settings = source(platform, "k8s_node", "/etc/sysctl.d/zz-threebody.conf")
    modules = source(platform, "k8s_node", "/etc/modules-load.d/kubernetes.conf")
    files.put(name="Write what the kernel loads and sets at boot", files=[modules, settings])
    kernel.modules(name="Load the kernel's modules", names=_words(modules))
    values = (line.partition(" = ")[::2] for line in _words(settings))
    kernel.sysctl(name="Set the kernel up as a router", values=dict(values), file=settings.path)


def add_repository(platform: Platform) -> None:
    """C4: each minor version has a repository of its own, so that none comes by itself."""
    settings = platform.k8s_node
    apt.key(
        name="Trust Kubernetes' signing key",
        url=f"{settings.kubernetes_repository}/v{settings.kubernetes_minor}/deb/Release.key",
        fingerprint=settings.kubernetes_key_fingerprint,
        path="/etc/apt/keyrings/kubernetes.asc",
    )
    files.put(
        name="Add Kubernetes' repository, pinned to the wanted version",
        files=[
            source(platform, "k8s_node", "/etc/apt/sources.list.d/kubernetes.sources"),
            source(platform, "k8s_node", "/etc/apt/preferences.d/kubernetes.pref"),
        ],
    )


def install(platform: Platform) -> None:
    """C2, C4: exactly one version on every node, and held there."""
    version = platform.k8s_node.kubernetes_version
    wanted = dict.fromkeys(PACKAGES, f"{version}-*")
    apt.packages(name=f"Install Kubernetes {version}", versions={"containerd": "", **wanted})
    apt.held(name="Hold Kubernetes at its version", packages=PACKAGES)
    files.put(
        name="Bring what runs kubeadm once, and what asks in pods",
        files=[
            source(platform, "k8s_node", "/usr/local/sbin/kubeadm-once", mode="0755"),
            source(platform, "k8s_node", "/usr/local/sbin/in-pod", mode="0755"),
            source(platform, "k8s_node", "/usr/local/sbin/probe-asks", mode="0755"),
            source(platform, "k8s_node", "/etc/crictl.yaml"),
        ],
    )


def run_containers(platform: Platform) -> None:
    """C2, C3: the runbook edits the file that containerd prints; here the whole file is ours."""
    containerd.configured(
        name="Configure containerd",
        platform=platform,
    )
    containerd.registries(name="Tell containerd of the registries", platform=platform)
    systemd.started(name="Start containerd", units=["containerd.service"])


def close_node(platform: Platform) -> None:
    """D4: NodePorts are for the edge and operators, pods and Services for the cluster's own."""
    rules = node_rules(platform)
    files.put(
        name="Write the firewall of NodePorts, pods and Services",
        files=[
            source(platform, "k8s_node", "/etc/systemd/system/node-firewall.service"),
            source(platform, "k8s_node", "/etc/systemd/system/kubelet.service.d/firewall.conf"),
            source(platform, "k8s_node", "/etc/kubernetes/firewall.rules", rules=rules),
        ],
    )
    systemd.started(
        name="Raise the firewall of NodePorts, pods and Services", units=["node-firewall.service"]
    )
    iptables.chain(
        name="Let NodePorts, pods and Services obey the firewall",
        chain="NODE-FIREWALL",
        table="mangle",
        rules=rules,
        # One that failed cannot be reloaded.
        load="systemctl reload node-firewall.service || systemctl start node-firewall.service",
    )
    leave_old_firewall()


def leave_old_firewall() -> None:
    """What the version before this one had in its place, for NodePorts alone."""
    unit = "node-ports-firewall.service"
    systemd.gone(name="Stop the firewall of an earlier version", units=[unit])
    files.absent(
        name="Remove the firewall of an earlier version",
        paths=[f"/etc/systemd/system/{unit}", "/etc/kubernetes/node-ports.rules"],
    )
    iptables.no_chain(
        name="Take an earlier version's chain out",
        chain="NODE-PORTS",
        table="mangle",
        parent="PREROUTING",
    )


def node_rules(platform: Platform) -> list[str]:
    """The rules of NODE-FIREWALL, as `iptables -S` prints them."""
    pods, services = platform.k8s_control.pod_network, platform.k8s_control.service_network
    here = "-m addrtype --dst-type LOCAL"
    ports = ",".join(str(port) for port in sorted(platform.k8s_worker.node_ports))
    return [
        f"-A NODE-FIREWALL {rule}"
        for rule in (
            "-i lo -j RETURN",
            "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
            *(
                f"-s {network} -p tcp -m multiport --dports {ports} {here} -j RETURN"
                for network in platform.node_port_sources
            ),
            *(
                f"-p {protocol} -m multiport --dports {NODE_PORTS} {here} -j DROP"
                for protocol in ("tcp", "udp", "sctp")
            ),
            *_from_pods(platform),
            # A sender who says that he is a pod, and comes from elsewhere.
            f"-s {pods} -j DROP",
            f"-d {pods} -j DROP",
            f"-d {services} -j DROP",
            "-j RETURN",
        )
    ]


def _from_pods(platform: Platform) -> list[str]:
    settings = platform.k8s_control
    pods = settings.pod_network
    cards = pod_cards(settings.cni, settings.calico_encapsulation)
    rules = [f"-s {pods} -i {card} -j RETURN" for card in cards]
    if settings.cni == "calico" and settings.calico_encapsulation == "bgp":
        # Nothing wraps packets between nodes: they come in at the node's own card.
        nodes = (pods, *platform.node_addresses)
        rules += [f"-s {network} -d {pods} -j RETURN" for network in nodes]
    return rules


def _words(file: File) -> list[str]:
    """The lines of a file that are no comments."""
    return [line for line in file.content.splitlines() if line and not line.startswith("#")]
