"""Checks that need more than one setting: addresses, ranges, ports, names, folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spec import checks_cluster, checks_docker_host, checks_machines, checks_networks
from spec.errors import Mistake
from spec.parts import Machine
from spec.settings import All, DockerHost, K8sControl, K8sNode, K8sWorker, Settings


def check(machines: Sequence[Machine], settings: Mapping[str, Settings]) -> list[Mistake]:
    """Every mistake that shows only when settings are held against each other.

    A group whose own settings could not be read is not there, and is left out.
    """
    mistakes = [*checks_machines.machines(machines, settings)]
    mistakes += checks_networks.networks(settings, machines)
    docker_host = settings.get("docker_host")
    if isinstance(docker_host, DockerHost):
        mistakes += checks_docker_host.docker_host(docker_host, machines)
        mistakes += checks_docker_host.own_images(docker_host, settings.values())
    k8s_worker = settings.get("k8s_worker")
    if isinstance(k8s_worker, K8sWorker):
        mistakes += checks_cluster.k8s_worker(k8s_worker, machines)
        mistakes += checks_cluster.monitoring_folder(k8s_worker)
        if isinstance(docker_host, DockerHost):
            mistakes += checks_cluster.database_folder(k8s_worker, docker_host)
            mistakes += checks_cluster.shipped_tiers(k8s_worker, docker_host)
    k8s_node = settings.get("k8s_node")
    if isinstance(k8s_node, K8sNode) and isinstance(docker_host, DockerHost):
        mistakes += checks_cluster.k8s_node(k8s_node, docker_host)
    k8s_control = settings.get("k8s_control")
    if isinstance(k8s_control, K8sControl):
        mistakes += checks_cluster.k8s_control(k8s_control, machines)
        if isinstance(k8s_node, K8sNode):
            mistakes += checks_cluster.components(k8s_control, k8s_node)
        if isinstance(common := settings.get("all"), All):
            mistakes += checks_cluster.node_ports(k8s_control, common)
    return mistakes
