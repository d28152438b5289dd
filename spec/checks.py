"""Checks that need more than one setting: addresses, ranges, ports, names, folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations

from spec import checks_cluster, checks_docker_host, checks_machines
from spec.errors import Mistake
from spec.platform import Machine
from spec.settings import DockerHost, K8sControl, K8sWorker, Settings


def check(machines: Sequence[Machine], settings: Mapping[str, Settings]) -> list[Mistake]:
    """Every mistake that shows only when settings are held against each other.

    A group whose own settings could not be read is not there, and is left out.
    """
    mistakes = [*checks_machines.machines(machines, settings.get("all"))]
    mistakes += _ranges(settings.values())
    docker_host = settings.get("docker_host")
    if isinstance(docker_host, DockerHost):
        mistakes += checks_docker_host.docker_host(docker_host, machines)
    k8s_worker = settings.get("k8s_worker")
    if isinstance(k8s_worker, K8sWorker):
        mistakes += checks_cluster.k8s_worker(k8s_worker, machines)
        if isinstance(docker_host, DockerHost):
            mistakes += checks_cluster.database_folder(k8s_worker, docker_host)
    k8s_control = settings.get("k8s_control")
    if isinstance(k8s_control, K8sControl):
        mistakes += checks_cluster.k8s_control(k8s_control, machines)
    return mistakes


def _ranges(settings: Iterable[Settings]) -> Iterable[Mistake]:
    """No two networks may overlap: traffic for a machine would end in a container, or back."""
    ranges: list[tuple[str, str, IPv4Network]] = []
    for group in settings:
        for name in type(group).model_fields:
            value = getattr(group, name)
            if isinstance(value, IPv4Network):
                ranges.append((group.group, name, value))
    for (_, first, one), (group_name, second, other) in combinations(ranges, 2):
        if one.overlaps(other):
            yield Mistake(group_name, second, str(other), f"overlaps {first} {one}")
