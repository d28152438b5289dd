"""Which node somebody wants to take out, and whether that may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from facts.nodes import NodeState
from operate.ready import answered
from spec import Machine, Platform, Refused


@dataclass(frozen=True)
class Leaving:
    """A node that may be taken out: its name in the cluster, and its machine where that is on."""

    node: str
    machine: Machine | None
    without: Platform  # what is left of the platform

    def is_on(self, name: str) -> bool:
        """Whether a machine of the inventory is the one that leaves."""
        return self.machine is not None and self.machine.name == name


def leaving(
    platform: Platform, name: str, nodes: Mapping[str, NodeState], gone: bool, asked: frozenset[str]
) -> Leaving:
    """The node of that name, of the inventory or of the cluster; raises Refused with the reason.

    `gone` says that its machine is off for good; `asked` are the machines that this run works on.
    """
    if not name:
        raise Refused("NODE is empty; write NODE=, with the name of the node to take out.", ())
    found = [it for it in platform.machines if name in (it.name, it.hostname)]
    machine = found[0] if found else None
    node = machine.hostname if machine else name
    answered(platform, nodes)
    for reason in _against(platform, node, machine, nodes, gone, asked):
        raise Refused(f"{reason} Nothing was touched.", ())
    left = tuple(it for it in platform.machines if it != machine)
    return Leaving(node, None if gone else machine, replace(platform, machines=left))


def _against(
    platform: Platform,
    node: str,
    machine: Machine | None,
    nodes: Mapping[str, NodeState],
    gone: bool,
    asked: frozenset[str],
) -> Iterator[str]:
    """What speaks against it, the gravest first."""
    state = nodes.get(node, NodeState())
    others = [it.hostname for it in platform.controls if it.hostname != node]
    if not others:
        yield f"{node} is the only control plane: without it there is no cluster."
    away = [it for it in others if not nodes.get(it, NodeState()).ready]
    if len(others) < len(platform.controls) and away:
        yield (
            f"{', '.join(away)} is not Ready either, and without {node} most of etcd's members"
            " would be gone: bring that back first."
        )
    if machine and "k8s_node" not in machine.groups:
        yield f"{node} is no node of the cluster."
    if node == platform.k8s_worker.app_database_worker or state.volumes:
        yield (
            f"{node} keeps the database ({', '.join(state.volumes) or 'app_database_worker'}):"
            " `make move-database NODE=…` moves it to another worker; set app_database_worker to"
            " that one, then take this one out."
        )
    if not machine and node not in nodes:
        yield f"Nothing is called {node}; nodes are {', '.join(sorted(nodes))}."
    if not machine and not gone:
        yield (
            f"{node} is in the cluster, and no machine of the inventory: put its line back, so"
            " that its machine is reset as well; or say GONE=1 if that is off for good."
        )
    if gone and state.ready:
        yield (
            f"{node} is Ready, so its machine is on, and its pods would run twice: leave GONE=1"
            " out, or switch the machine off first."
        )
    if machine and gone and machine.name in asked:
        yield f"{node} answers, so its machine is not gone: leave GONE=1 out."
    if machine and not gone and machine.name not in asked:
        yield (
            f"{node} is left out by --limit, and could not be reset: leave --limit out; or say"
            " GONE=1 if its machine is off for good."
        )
