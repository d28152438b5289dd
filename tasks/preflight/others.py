"""Who else is there: firewalls before ours, other runtimes and containers, holders of ports."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from ipaddress import IPv4Network

from facts.probe import Probe
from facts.probe.others import EDGE, HARBOR, NODE
from spec import Machine, Platform
from spec.kubernetes import API_PORT, BALANCED_PORT, KUBELET_PORT
from spec.parts import EXPORTER_PORT
from spec.programs import RUNNER_PORT
from tasks.preflight.finding import Findings, noted, refused

# As the kernel shortens their names; kubeadm's documentation, "Ports and Protocols".
KUBERNETES = {
    *("kube-apiserver", "etcd", "kubelet", "kube-controller", "kube-controller-m"),
    *("kube-scheduler", "kube-proxy", "calico-node"),
}
CONTROL_PORTS = {
    API_PORT: "the Kubernetes API",
    2379: "etcd",
    2380: "etcd",
    10257: "kube-controller-manager",
    10259: "kube-scheduler",
}
NODE_PORTS = {KUBELET_PORT: "kubelet", 10248: "kubelet", 10249: "kube-proxy", 10256: "kube-proxy"}
# Names of the platform's containers, and where their Compose is (Harbor's docker-compose.yml).
OWN_CONTAINERS = {
    "edge-nginx": "/opt/edge",
    **dict.fromkeys(
        (
            *("harbor-core", "harbor-db", "harbor-exporter", "harbor-jobservice", "harbor-log"),
            *("harbor-portal", "nginx", "redis", "registry", "registryctl"),
        ),
        "/opt/harbor",
    ),
}
# What no connection of ours sends: packets of none, fragments, flags that are at odds, pings.
MALFORMED = re.compile(
    r"--(ct)?state INVALID\b| -f | -p (icmp|igmp)\b|--tcp-flags (?!FIN,SYN,RST,ACK SYN)"
    r"|! --tcp-flags FIN,SYN,RST,ACK SYN"
)
ANOTHER_RUNTIME = ("docker-ce", "containerd.io", "moby-engine")


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """Whoever was here before, and would be in the way."""
    yield from _ports(platform, machine, probe)
    yield from _firewalls(platform, machine, probe)
    if "docker_host" in machine.groups:
        yield from _docker(platform, machine, probe)
    if "k8s_node" in machine.groups:
        yield from _runtimes(platform, machine, probe)


def _ports(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    wanted: dict[int, str] = {}
    if "docker_host" in machine.groups:
        settings = platform.docker_host
        wanted[settings.edge_http_port] = "edge_http_port"
        wanted[settings.edge_https_port] = "edge_https_port"
        wanted[settings.harbor_port] = "the port of harbor_url"
        wanted[1514] = "Harbor's log"
        if platform.watches:
            wanted[settings.harbor_metrics_port] = "harbor_metrics_port"
            wanted[RUNNER_PORT] = "the runner's figures"
    if platform.watches:
        wanted[EXPORTER_PORT] = "the machine's figures"
    if "k8s_control" in machine.groups:
        wanted |= CONTROL_PORTS
        if platform.k8s_control.control_plane_address:
            wanted[BALANCED_PORT] = "the Kubernetes API at the virtual address"
    if "k8s_node" in machine.groups:
        wanted |= NODE_PORTS
        if platform.k8s_control.cni == "calico":
            wanted[9099] = "Calico's health"
    at_home = NODE in probe.others.ours or probe.others.server
    # While a machine starts, a port may be on its way from one to the other, and be nobody's.
    ours = {*KUBERNETES, ""} if at_home else set()
    if any(file in probe.others.ours for file in (EDGE, HARBOR)):
        # Containers of ours; where the proxy is off, nobody listens at all.
        ours |= {"docker-proxy", "dockerd", ""}
    own = {EXPORTER_PORT: {"prometheus-node"}, RUNNER_PORT: {"gitlab-runner"}}
    if "k8s_control" in machine.groups:
        own[BALANCED_PORT] = {"haproxy"}
    told = set()
    for listener in probe.others.listeners:
        what = wanted.get(listener.port)
        is_ours = listener.program in own.get(listener.port, ours)
        if what and not is_ours and listener.port not in told:
            told.add(listener.port)
            held = f"port {listener.port} ({what}) is held by {listener}"
            yield refused(machine, f"{held}: stop that, and keep it from starting at boot")


def _firewalls(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    if "firewalld.service" in probe.others.active:
        yield refused(
            machine,
            "firewalld is at work, and drops what UFW lets in: `systemctl disable --now firewalld`",
        )
    for rule in probe.others.iptables:
        if _is_in_the_way(platform, machine, probe, rule):
            yield refused(
                machine,
                f"a rule of somebody else's comes before the platform's firewall: `iptables {rule}`"
                f" (delete it: `iptables {rule.replace('-A', '-D', 1)}`, and where it comes from at"
                " boot, often /etc/iptables/rules.v4)",
            )
    if "firewalld.service" not in probe.others.active:
        for place in dict.fromkeys(found.where for found in probe.others.nft):
            text = next(found.text for found in probe.others.nft if found.where == place)
            yield refused(
                machine,
                f"nftables has a firewall beside ours, {place}: `{text}`; what it drops no rule of"
                " UFW lets in: take it out of /etc/nftables.conf (`systemctl disable --now"
                " nftables`, `nft delete table …`)",
            )


def _is_in_the_way(platform: Platform, machine: Machine, probe: Probe, rule: str) -> bool:
    """Whether a rule of INPUT or FORWARD itself can drop what the platform lets in."""
    if not re.search(r" -j (DROP|REJECT)\b", rule) or MALFORMED.search(rule):
        return False
    if _is_of_others(platform, probe, rule):
        return False
    ports = re.search(r"--dports? (\S+)", rule)
    if not ports:
        return True
    open_ = {port.port for port in platform.open_ports(machine)}
    return any(
        int(low) <= port <= int(high or low)
        for low, _, high in (part.partition(":") for part in ports[1].split(","))
        for port in open_
    )


def _is_of_others(platform: Platform, probe: Probe, rule: str) -> bool:
    """Whether it is about another card than the platform's, or about whom that lets in nowhere."""
    cards = dict(probe.kernel.mtu)
    # A `+` at the end stands for any (iptables(8)).
    card = re.search(r"INPUT( .*)? -i (\S+)", rule)
    is_ours = not card or any(fnmatch(name, card[2].replace("+", "*")) for name in cards)
    if cards and not is_ours and "! -i" not in rule:
        return True
    source = re.search(r"(! )?-s (\S+)", rule)
    if not source:
        return False
    inside = (platform.all.node_network, *platform.all.operator_networks)
    network = IPv4Network(source[2], strict=False)
    if source[1]:
        return all(own.subnet_of(network) for own in inside)
    return not any(own.overlaps(network) for own in inside)


def _docker(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    others, settings = probe.others, platform.docker_host
    if "snap.docker.dockerd.service" in others.active:
        yield refused(
            machine,
            "Docker runs from snap, and holds its socket: `snap remove docker` (its containers and"
            " images go with it)",
        )
    if probe.system.swarm:
        yield refused(
            machine,
            "its Docker is one of a Swarm's, with which it does not start as the platform sets it"
            " (live-restore): `docker swarm leave`, or take another machine",
        )
    strange = [
        name for name, folder in others.containers if OWN_CONTAINERS.get(name, folder) != folder
    ]
    if strange:
        yield refused(
            machine,
            f"Docker has containers called {', '.join(sorted(strange))} that are somebody else's,"
            " and the edge and Harbor bring some of these names: `docker rename` or remove them",
        )
    wanted = settings.docker_version.partition(".")[0]
    version = probe.packages.version("docker-ce")
    major = version.rpartition(":")[2].partition(".")[0]
    if major.isdigit() and int(major) > int(wanted):
        yield refused(
            machine,
            f"docker-ce {version} is newer than docker_version {settings.docker_version}, which"
            " does not read its images: set docker_version (and what goes with it), or purge"
            " docker-ce and move its data away",
        )
    elif probe.packages.version("docker.io"):
        yield noted(machine, "Debian's docker.io is replaced by docker-ce; containers restart")
    oldest = 3 if settings.docker_containerd_version.startswith("1.") else 4
    if others.containerd_config >= oldest:
        yield refused(
            machine,
            f"/etc/containerd/config.toml is of version {others.containerd_config}, which"
            f" containerd {settings.docker_containerd_version} does not read: move it away"
            " (`mv /etc/containerd/config.toml /root/`)",
        )


def _runtimes(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    own = ("containerd.io",) if platform.k8s_node.containerd_source == "docker" else ()
    names = (name for name in ANOTHER_RUNTIME if name not in own)
    present = [name for name in names if probe.packages.version(name)]
    if present and "docker_host" not in machine.groups:
        yield refused(
            machine,
            f"{', '.join(present)} would be removed for the node's own containerd, with all"
            " containers in it: purge it, or take another machine",
        )
