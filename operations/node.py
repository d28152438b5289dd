"""Nodes that leave: drained, deleted from the cluster, and made ordinary machines again."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host

from facts.asking import ask
from facts.kubernetes import KUBECTL
from facts.nodes import Nodes, NodeState, Remains
from facts.updates import Updates
from operations import Commands, operation
from operations.sources import source
from spec import Platform

UNKNOWN = NodeState(cordoned=True)  # whether it is, nobody says: it is told to take pods


@operation()
def drain(platform: Platform, node: str, within: int) -> Commands:
    """Have no pods on a node but those of every node, or fail after so many seconds.

    Disruption budgets are kept; a node that could not be drained takes pods again.
    """
    if node in ask(host, Nodes):
        yield _drain(platform, node, within)


@operation()
def drain_for(platform: Platform, node: str, version: str, within: int) -> Commands:
    """The same of a node whose kubelet is of another version, before it gets this one.

    The only worker's pods have nowhere to go, so that no budget of theirs could ever be kept.
    """
    if ask(host, Nodes).get(node, NodeState()).kubelet != version:
        alone = is_alone(platform, node)
        yield _drain(platform, node, within, *(["--disable-eviction"] if alone else []))


@operation()
def drain_for_updates(platform: Platform, node: str, machine: Host, within: int) -> Commands:
    """The same of a node whose machine gets packages or starts anew.

    The only worker keeps its pods: they have nowhere to go, and packages do not stop them.
    """
    if ask(machine, Updates).due and not is_alone(platform, node):
        yield _drain(platform, node, within)


@operation()
def uncordon(node: str) -> Commands:
    """Have pods come to a node again."""
    if ask(host, Nodes).get(node, UNKNOWN).cordoned:
        yield StringCommand(f"{KUBECTL} uncordon {shlex.quote(node)} >/dev/null")


def is_alone(platform: Platform, node: str) -> bool:
    """Whether its pods have nowhere to go."""
    return [worker.hostname for worker in platform.members("k8s_worker")] == [node]


def _drain(platform: Platform, node: str, within: int, *options: str) -> StringCommand:
    script = source(platform, "k8s_control", "/usr/local/sbin/drain-node").content
    return StringCommand(
        shlex.join(["bash", "-s", "--", node, f"{within}", *options]), _stdin=script
    )


@operation()
def delete(node: str) -> Commands:
    """Have no node of this name in the cluster; pods that are still on it begin elsewhere."""
    if node in ask(host, Nodes):
        yield StringCommand(f"{KUBECTL} delete node {shlex.quote(node)} >/dev/null")


@operation()
def reset(platform: Platform) -> Commands:
    """Have nothing on the machine that makes it a node; packages, Docker and data stay."""
    if ask(host, Remains):
        # Not put there first: it takes with it what else of ours is there.
        script = source(platform, "k8s_node", "/usr/local/sbin/node-reset").content
        yield StringCommand("bash -s", _stdin=script)
