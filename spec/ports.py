"""Ports: what may be one, and which ones a machine has another use for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from spec.errors import Mistake
from spec.kubernetes import API_PORT, KUBELET_PORT
from spec.parts import EXPORTER_PORT, SSH_PORT, Machine
from spec.programs import RUNNER_PORT
from spec.settings import DockerHost

# Held on a Docker host by what a run brings there: the stub resolver, Harbor's own log.
DOCKER_HOST = {
    53: "systemd-resolved",
    1514: "Harbor's log",
    EXPORTER_PORT: "the monitoring",
    RUNNER_PORT: "the runner",
}
# In their containers, where each of them tells of itself on the same port (docker-compose.yml).
HARBOR_INSIDE = range(1024, 9000)
# Held on a machine of the cluster (kubernetes.io: ports and protocols), and by the pod network.
NODE = {
    53: "systemd-resolved",
    179: "Calico",
    EXPORTER_PORT: "the monitoring",
    KUBELET_PORT: "kubelet",
    10248: "kubelet",
    10249: "kube-proxy",
    10256: "kube-proxy",
}
CONTROL = {
    **NODE,
    API_PORT: "the API server",
    2379: "etcd",
    2380: "etcd",
    2381: "etcd",
    10257: "kube-controller-manager",
    10259: "kube-scheduler",
}
NODE_PORTS = range(30000, 32768)
# On which no browser asks (fetch.spec.whatwg.org, "Port blocking").
BLOCKED = {
    *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101),
    *(102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389),
    *(427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636),
    *(989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665),
    *(6666, 6667, 6668, 6669, 6679, 6697, 10080),
}


def docker_host(settings: DockerHost, machine: Machine | None) -> Iterable[Mistake]:
    """A mistake for each port of the Docker host that something else has there."""
    users: dict[int, list[str]] = defaultdict(list)
    for port, name in DOCKER_HOST.items():
        users[port].append(name)
    if machine and _direct(machine):
        users[machine.ssh_port].append("ssh_port")
    elif machine:
        # Somebody passes connections on to it: what is dialled is not what sshd listens on.
        users[SSH_PORT].append("sshd")
    users[settings.harbor_port].append("harbor_url")
    metrics = settings.harbor_metrics_port
    users[metrics].append("harbor_metrics_port")
    if metrics in HARBOR_INSIDE and len(users[metrics]) == 1:
        reason = f"Harbor's programs listen below {HARBOR_INSIDE.stop} as well: choose another"
        yield Mistake("docker_host", "harbor_metrics_port", str(metrics), reason)
    for name in ("edge_http_port", "edge_https_port"):
        port = getattr(settings, name)
        users[port].append(name)
        if port in BLOCKED and len(users[port]) == 1:
            reason = "no browser asks on this port, which was another program's: choose another"
            yield Mistake("docker_host", name, str(port), reason)
    yield from taken_twice("docker_host", users, machine.name if machine else "docker_host")


def ssh(machines: Iterable[Machine]) -> Iterable[Mistake]:
    """A mistake for each machine whose SSH would be where Kubernetes is."""
    for machine in machines:
        if "k8s_node" not in machine.groups or not _direct(machine):
            continue
        held = CONTROL if "k8s_control" in machine.groups else NODE
        name = "NodePorts" if machine.ssh_port in NODE_PORTS else held.get(machine.ssh_port)
        if name:
            reason = f"taken by {name} on {machine.name}; choose another, here and in sshd_config"
            yield Mistake(machine.name, "ssh_port", str(machine.ssh_port), reason)


def taken_twice(group: str, users: Mapping[int, Sequence[str]], where: str) -> Iterable[Mistake]:
    """A mistake for each use of a port after the first."""
    for port, (first, *others) in users.items():
        for name in others:
            reason = f"taken by {first} on {where}; choose another"
            yield Mistake(group, name, str(port), reason)


def _direct(machine: Machine) -> bool:
    return machine.ssh_hostname in (str(machine.address), machine.hostname)
