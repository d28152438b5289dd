"""C1-C4, D1: what a machine needs before it may join a cluster, or begin one."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

from pyinfra import host

from operations import apt, containerd, files, iptables, kernel, systemd
from operations.files import File
from operations.sources import source
from spec import Machine, Platform
from spec.kubernetes import NODE_PORTS, pod_cards
from spec.parts import JOURNALS_PORT
from tasks import virtual_address
from tasks.layer import layer
from tasks.repositories import docker_repository, docker_versions, kubernetes_repository

PACKAGES = ("kubelet", "kubeadm", "kubectl")


@layer("k8s_node", "K8s node")
def apply(platform: Platform) -> None:
    """A kernel that routes, a runtime that pulls from the registry, exactly the wanted kubelet."""
    prepare_kernel(platform)
    add_repositories(platform)
    install(platform)
    run_containers(platform)
    close_node(platform)
    virtual_address.apply(platform)


def prepare_kernel(platform: Platform) -> None:
    """C1: kubelet refuses to start with swap; services are rules that bridged packets must pass."""
    kernel.swapoff(name="Turn swap off for good")
    settings = source(platform, "k8s_node", "/etc/sysctl.d/zz-threebody.conf")
    modules = source(platform, "k8s_node", "/etc/modules-load.d/kubernetes.conf")
    files.put(name="Write what the kernel loads and sets at boot", files=[modules, settings])
    kernel.modules(name="Load the kernel's modules", names=_words(modules))
    values = (line.partition(" = ")[::2] for line in _words(settings))
    kernel.sysctl(name="Set the kernel up as a router", values=dict(values), file=settings.path)


def add_repositories(platform: Platform) -> None:
    """C4: with Docker's, where containerd is to come from there."""
    if platform.k8s_node.containerd_source == "docker":
        docker_repository(platform)
    kubernetes_repository(platform)


def install(platform: Platform) -> None:
    """C2, C4: exactly one version on every node, and held there."""
    version = platform.k8s_node.kubernetes_version
    wanted = dict.fromkeys(PACKAGES, f"{version}-*")
    runtime = {"containerd": ""}
    if platform.k8s_node.containerd_source == "docker":
        runtime = {"containerd.io": docker_versions(platform)["containerd.io"]}
    apt.packages(name=f"Install Kubernetes {version}", versions={**runtime, **wanted})
    apt.hold(name="Hold Kubernetes at its version", packages=PACKAGES)
    files.put(
        name="Bring the scripts for kubeadm, and for questions in pods",
        files=[
            source(platform, "k8s_node", "/usr/local/sbin/kubeadm-once", mode="0755"),
            source(platform, "k8s_node", "/etc/logrotate.d/kubeadm"),
            source(platform, "k8s_node", "/usr/local/sbin/in-pod", mode="0755"),
            source(platform, "k8s_node", "/usr/local/sbin/probe-asks", mode="0755"),
            source(platform, "k8s_node", "/etc/crictl.yaml"),
        ],
    )


def run_containers(platform: Platform) -> None:
    """C2, C3: the runbook edits the file that containerd prints; here the whole file is ours."""
    containerd.config(
        name="Configure containerd",
        platform=platform,
    )
    containerd.registries(name="Tell containerd of the registries", platform=platform)
    systemd.enable(name="Start containerd", units=["containerd.service"])


def close_node(platform: Platform) -> None:
    """D4: NodePorts are for the edge and operators, pods and Services for the cluster's own."""
    rules = node_rules(platform, platform.machine(host.name))
    files.put(
        name="Write the firewall of NodePorts, pods and Services",
        files=[
            source(platform, "k8s_node", "/etc/systemd/system/node-firewall.service"),
            source(platform, "k8s_node", "/etc/systemd/system/kubelet.service.d/firewall.conf"),
            source(platform, "k8s_node", "/etc/kubernetes/firewall.rules", rules=rules),
        ],
    )
    systemd.enable(
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
    systemd.disable(name="Stop the firewall of an earlier version", units=[unit])
    files.remove(
        name="Remove the firewall of an earlier version",
        paths=[f"/etc/systemd/system/{unit}", "/etc/kubernetes/node-ports.rules"],
    )
    iptables.delete_chain(
        name="Take an earlier version's chain out",
        chain="NODE-PORTS",
        table="mangle",
        parent="PREROUTING",
    )


def node_rules(platform: Platform, machine: Machine) -> list[str]:
    """The rules of NODE-FIREWALL, as `iptables -S` prints them."""
    pods, services = platform.k8s_control.pod_network, platform.k8s_control.service_network
    here = "-m addrtype --dst-type LOCAL"
    settings = platform.k8s_worker
    served = [(network, settings.node_ports) for network in platform.node_port_sources]
    if settings.monitoring_ports:
        served += [(network, settings.monitoring_ports) for network in platform.watchers]
        served += [(IPv4Network(it.address), (JOURNALS_PORT,)) for it in platform.machines]
    return [
        f"-A NODE-FIREWALL {rule}"
        for rule in (
            "-i lo -j RETURN",
            "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
            *(
                f"-s {network} -p tcp -m multiport --dports {_listed(ports)} {here} -j RETURN"
                for network, ports in served
            ),
            *(
                f"-p {protocol} -m multiport --dports {NODE_PORTS} {here} -j DROP"
                for protocol in ("tcp", "udp", "sctp")
            ),
            *_from_pods(platform, machine),
            # A sender who says that he is a pod, and comes from elsewhere.
            f"-s {pods} -j DROP",
            f"-d {pods} -j DROP",
            f"-d {services} -j DROP",
            "-j RETURN",
        )
    ]


def _from_pods(platform: Platform, machine: Machine) -> list[str]:
    """What comes in by the pod network: for other pods, or for what is open to pods here.

    What enforces policies accepts the rest of that before the firewall is asked.
    """
    settings = platform.k8s_control
    pods = settings.pod_network
    cards = pod_cards(settings.cni, settings.calico_encapsulation)
    here = "-m addrtype --dst-type LOCAL"
    reached = _listed(
        [
            open_port.port
            for open_port in platform.open_ports(machine)
            if any(pods.subnet_of(source) for source in open_port.sources)
        ]
    )
    rules: list[str] = []
    for card in cards:
        rules += [
            f"-s {pods} -i {card} -p tcp -m multiport --dports {reached} {here} -j RETURN",
            f"-s {pods} -i {card} {here} -j DROP",
            f"-s {pods} -i {card} -j RETURN",
        ]
    if settings.cni == "calico" and settings.calico_encapsulation == "bgp":
        # Nothing wraps packets between nodes: they come in at the node's own card.
        nodes = (pods, *platform.node_addresses)
        rules += [f"-s {network} -d {pods} -j RETURN" for network in nodes]
    return rules


def _listed(ports: Sequence[int]) -> str:
    return ",".join(str(port) for port in sorted(ports))


def _words(file: File) -> list[str]:
    """The lines of a file that are no comments."""
    return [line for line in file.content.splitlines() if line and not line.startswith("#")]
