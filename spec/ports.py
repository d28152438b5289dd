"""Ports: what may be one, and which ones a machine has another use for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from spec.errors import Mistake
from spec.kubernetes import API_PORT, KUBELET_PORT
from spec.parts import SSH_PORT, Machine
from spec.settings import DockerHost

# Held on a Docker host by what a run brings there: the stub resolver, Harbor's own log.
DOCKER_HOST = {53: "systemd-resolved", 1514: "Harbor's log"}
# Held on a machine of the cluster (kubernetes.io: ports and protocols), and by the pod network.
NODE = {
    53: "systemd-resolved",
    179: "Calico",
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
    for name in ("edge_http_port", "edge_https_port"):
        users[getattr(settings, name)].append(name)
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
