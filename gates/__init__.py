"""What "done" means, written once: the deploy waits, tests assert, `make status` shows."""

from __future__ import annotations

from collections.abc import Callable

from gates import (
    application,
    cluster,
    common,
    docker_host,
    k8s_control,
    k8s_node,
    k8s_worker,
    monitoring,
)
from gates.gate import Gate
from spec import Machine, Platform

__all__ = ["BESIDE", "LAYERS", "Gate", "by_layer", "gates"]

LAYERS: dict[str, Callable[[Platform, Machine], list[Gate]]] = {
    "common": common.gates,
    "docker_host": docker_host.gates,
    "k8s_node": k8s_node.gates,
    "k8s_control": k8s_control.gates,
    "k8s_worker": k8s_worker.gates,
    "cluster": cluster.gates,
    "application": application.gates,
}
# What no deploy brings: it stands beside, where somebody has installed it.
BESIDE: dict[str, Callable[[Platform, Machine], list[Gate]]] = {"monitoring": monitoring.gates}
# Layers that are no group: of every machine, of those that the cluster is made of, of the one that
# serves the application, and of the one that asks the monitoring.
GROUPS = {
    "common": "",
    "cluster": "k8s_node",
    "application": "docker_host",
    "monitoring": "k8s_control",
}


def by_layer(platform: Platform, machine: Machine) -> dict[str, list[Gate]]:
    """The gates of each layer that a machine is part of, in the order of the layers."""
    return {
        layer: gates_of(platform, machine)
        for layer, gates_of in (LAYERS | BESIDE).items()
        if GROUPS.get(layer, layer) in ("", *machine.groups)
    }


def gates(platform: Platform, machine: Machine, layer: str | None = None) -> tuple[Gate, ...]:
    """The gates of a machine, in the order of its layers; of one layer only when it is named."""
    found = by_layer(platform, machine)
    return tuple(gate for name in found if layer in (None, name) for gate in found[name])
