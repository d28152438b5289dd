"""What the firewall of a machine lets in, from where."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from spec import kubernetes
from spec.networks import widest
from spec.parts import EXPORTER_PORT, Machine, OpenPort

if TYPE_CHECKING:
    from spec.platform import Platform


def open_ports(platform: Platform, machine: Machine) -> Iterator[OpenPort]:
    """Exactly what the firewall of a machine lets in."""
    inside = _people(platform)
    yield OpenPort(machine.ssh_port, inside, "SSH")
    if "docker_host" in machine.groups:
        edge = registry = platform.docker_host
        yield OpenPort(registry.harbor_port, inside, "registry", published=True)
        yield OpenPort(edge.edge_http_port, (), "edge, redirects to HTTPS", published=True)
        yield OpenPort(edge.edge_https_port, (), "edge, TLS", published=True)
        if platform.watches:
            watching = _watching(platform, machine)
            yield OpenPort(
                registry.harbor_metrics_port, watching, "figures of Harbor", published=True
            )
    if "k8s_node" in machine.groups:
        yield from _node(platform, machine)
    if platform.watches:
        yield OpenPort(EXPORTER_PORT, _watching(platform, machine), "figures of the machine")


def _people(platform: Platform) -> tuple[IPv4Network, ...]:
    return widest(platform.all.node_network, *platform.all.operator_networks)


def _watching(platform: Platform, machine: Machine) -> tuple[IPv4Network, ...]:
    """From where Prometheus asks: its worker's address, and on that worker its own."""
    if platform.keeps_watch(machine):
        return (platform.k8s_control.pod_network,)
    (worker,) = filter(platform.keeps_watch, platform.machines)
    return (IPv4Network(worker.address),)


def _node(platform: Platform, machine: Machine) -> Iterator[OpenPort]:
    nodes, pods = platform.node_addresses, platform.k8s_control.pod_network
    yield OpenPort(kubernetes.KUBELET_PORT, (*nodes, pods), "kubelet")
    if "k8s_control" in machine.groups:
        yield from _control(platform, machine)
    tunnel = platform.k8s_control
    if tunnel.cni == "flannel":
        yield OpenPort(8472, nodes, "flannel, VXLAN", protocol="udp")
    elif tunnel.calico_encapsulation == "vxlan":
        yield OpenPort(4789, nodes, "Calico, VXLAN", protocol="udp")
    else:
        yield OpenPort(179, nodes, "Calico, BGP")


def _control(platform: Platform, machine: Machine) -> Iterator[OpenPort]:
    people, pods = _people(platform), platform.k8s_control.pod_network
    yield OpenPort(kubernetes.API_PORT, (*people, pods), "Kubernetes API")
    if platform.k8s_control.control_plane_address:
        yield OpenPort(kubernetes.BALANCED_PORT, people, "Kubernetes API, whichever answers")
    if others := tuple(IPv4Network(it.address) for it in platform.controls if it != machine):
        yield from (OpenPort(port, others, "etcd") for port in kubernetes.ETCD_PORTS)
        yield OpenPort(0, others, "virtual address", protocol="vrrp")
