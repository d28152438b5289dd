"""Who else is there: firewalls before ours, other runtimes, other clusters, holders of ports."""

from __future__ import annotations

import re
from ipaddress import ip_network

from facts.probe import Probe
from facts.probe.others import EDGE, HARBOR, NODE
from spec import Machine, Platform
from spec.kubernetes import API_PORT, KUBELET_PORT
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
OWN_CNI = {
    "calico": ("10-calico.conflist",),
    "flannel": ("10-flannel.conflist",),
}
ANOTHER_RUNTIME = ("docker-ce", "containerd.io", "moby-engine")


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """Whoever was here before, and would be in the way."""
    yield from _ports(platform, machine, probe)
    yield from _firewalls(platform, machine, probe)
    if "docker_host" in machine.groups:
        yield from _docker(platform, machine, probe)
    if "k8s_node" in machine.groups:
        yield from _runtimes(machine, probe)
        yield from _pod_networks(platform, machine, probe)
        yield from _clusters(platform, machine, probe)


def _ports(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    wanted: dict[int, str] = {}
    if "docker_host" in machine.groups:
        settings = platform.docker_host
        wanted[settings.edge_http_port] = "edge_http_port"
        wanted[settings.edge_https_port] = "edge_https_port"
        wanted[settings.harbor_port] = "the port of harbor_url"
        wanted[1514] = "Harbor's log"
    if "k8s_control" in machine.groups:
        wanted |= CONTROL_PORTS
    if "k8s_node" in machine.groups:
        wanted |= NODE_PORTS
        if platform.k8s_control.cni == "calico":
            wanted[9099] = "Calico's health"
    ours = set(KUBERNETES)
    if any(file in probe.others.ours for file in (EDGE, HARBOR)):
        # Containers of ours; where the proxy is off, nobody listens at all.
        # While Docker starts, a port may be on its way from one to the other, and be nobody's.
        ours |= {"docker-proxy", "dockerd", ""}
    told = set()
    for listener in probe.others.listeners:
        what = wanted.get(listener.port)
        if what and listener.program not in ours and listener.port not in told:
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
        if _is_in_the_way(platform, machine, rule):
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


def _is_in_the_way(platform: Platform, machine: Machine, rule: str) -> bool:
    """Whether a rule of INPUT or FORWARD itself can drop what the platform lets in."""
    if not re.search(r" -j (DROP|REJECT)\b", rule) or "--ctstate INVALID" in rule:
        return False
    source = re.search(r" -s (\S+)", rule)
    if source and not source[0].startswith("! "):
        inside = (platform.all.node_network, *platform.all.operator_networks)
        network = ip_network(source[1], strict=False)
        if not any(network.overlaps(own) for own in inside):
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


def _docker(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    others, settings = probe.others, platform.docker_host
    if "snap.docker.dockerd.service" in others.active:
        yield refused(
            machine,
            "Docker runs from snap, and holds its socket: `snap remove docker` (its containers and"
            " images go with it)",
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


def _runtimes(machine: Machine, probe: Probe) -> Findings:
    present = [name for name in ANOTHER_RUNTIME if probe.packages.version(name)]
    if present and "docker_host" not in machine.groups:
        yield refused(
            machine,
            f"{', '.join(present)} would be removed for the distribution's containerd, with what"
            " runs in it: purge it, or take another machine",
        )


def _pod_networks(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    own = OWN_CNI[platform.k8s_control.cni]
    ours = NODE in probe.others.ours
    for file in probe.others.cni:
        name = file.rpartition("/")[2]
        running = probe.others.kubernetes or ours
        if name in own or (running and name > own[0]):
            continue
        yield refused(
            machine,
            f"{file} is another pod network's, and pods would begin in that: move it away"
            f" (`mv {file} /root/`), with what brings it back",
        )


def _clusters(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    others = probe.others
    if others.begun:
        return
    api = f"https://{platform.control.address}:{API_PORT}"
    parts = {file.rpartition("/")[2] for file in others.kubernetes}
    leftovers = ", ".join(others.kubernetes[:3])
    undo = "`kubeadm reset` there (it removes that cluster), or take another machine"
    if "k8s_control" in machine.groups:
        whole = {"admin.conf", "kubelet.conf", "kube-apiserver.yaml", "etcd.yaml"} <= parts
        if parts and not whole:
            yield refused(machine, f"has half a cluster ({leftovers}): {undo}")
    elif others.server and others.server != api:
        yield refused(machine, f"is a node of another cluster, at {others.server}: {undo}")
    elif parts - {"kubelet.conf", "bootstrap-kubelet.conf"}:
        yield refused(machine, f"has the control plane of another cluster ({leftovers}): {undo}")
    if others.kubelet_arguments:
        flags = f"/etc/default/kubelet says {others.kubelet_arguments}, which counts more than"
        flags += " kubelet's configuration"
        if NODE in others.ours:
            yield noted(machine, f"{flags}; it is left alone")
        else:
            yield refused(machine, f"{flags}: empty it, or remove the file")
