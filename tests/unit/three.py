"""The shipped inventory with more than one control plane."""

from __future__ import annotations

from facts.nodes import NodeState
from spec.inventory import HostData
from tests.unit.doubles import changed

Hosts = list[HostData]
VIRTUAL = "192.168.56.60"
NAMES = ("vm-k8s", "vm-k8s-2", "vm-k8s-3")
READY = dict.fromkeys((*NAMES, "vm-worker"), NodeState(ready=True, kubelet="1.36.3"))


def with_controls(hosts: Hosts, count: int, address: object = VIRTUAL) -> Hosts:
    """The shipped inventory with so many control planes."""
    (first,) = (host for host in hosts if "k8s_control" in host.groups)
    added = [
        HostData(
            f"vm-k8s-{number}",
            first.groups,
            {**first.data, "ssh_hostname": f"192.168.56.{60 + number}"},
        )
        for number in range(2, count + 1)
    ]
    return changed([*hosts, *added], "k8s_control", control_plane_address=address)
