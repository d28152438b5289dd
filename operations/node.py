"""Nodes that leave: drained, deleted from the cluster, and made ordinary machines again."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.kubernetes import KUBECTL
from facts.nodes import Nodes, Remains
from operations import Commands, operation
from operations.sources import source
from spec import Platform


@operation()
def drained(platform: Platform, node: str, within: int) -> Commands:
    """Have no pods on a node but those of every node, or fail after so many seconds.

    Disruption budgets are kept; a node that could not be drained takes pods again.
    """
    if node in ask(host, Nodes):
        script = source(platform, "k8s_control", "/usr/local/sbin/drain-node").content
        yield StringCommand(f"bash -s -- {shlex.quote(node)} {within}", _stdin=script)


@operation()
def deleted(node: str) -> Commands:
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
