"""Whether a cluster is fit for work on its nodes, by what its API server says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from facts.nodes import NodeState
from spec import Platform, Refused


def answered(platform: Platform, nodes: Mapping[str, NodeState]) -> None:
    """Raise Refused where nobody says which nodes there are."""
    if not nodes:
        raise Refused(
            f"{platform.control.name} cannot be asked which nodes there are; nothing was touched:"
            " look with `make status`, and run again when the Kubernetes API answers.",
            (),
        )


def left_out(platform: Platform, asked: frozenset[str]) -> Iterator[str]:
    """Why a run that does not have every node may not begin."""
    names = [machine.name for machine in platform.members("k8s_node") if machine.name not in asked]
    if names:
        yield f"{', '.join(names)} is left out by --limit; every node has its turn: leave it out."


def unready(nodes: Mapping[str, NodeState]) -> Iterator[str]:
    """Why one may not begin while a node is not well."""
    if names := [name for name in nodes if not nodes[name].ready]:
        yield (
            f"{', '.join(names)} is not Ready: look there with journalctl -u kubelet -n 50, and"
            " run again when every node is; one that is off for good goes with `make remove-node`."
        )
