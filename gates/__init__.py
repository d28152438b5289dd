"""What "done" means, written once: the deploy waits, tests assert, `make status` shows."""

from __future__ import annotations

from collections.abc import Callable

from gates import common, docker_host
from gates.gate import Gate
from spec import Machine, Platform

__all__ = ["LAYERS", "Gate", "gates"]

LAYERS: dict[str, Callable[[Platform, Machine], list[Gate]]] = {
    "common": common.gates,
    "docker_host": docker_host.gates,
}


def gates(platform: Platform, machine: Machine, layer: str | None = None) -> tuple[Gate, ...]:
    """The gates of a machine, in the order of its layers; of one layer only when it is named."""
    layers = (name for name in LAYERS if layer in (None, name))
    return tuple(
        gate
        for name in layers
        if name == "common" or name in machine.groups
        for gate in LAYERS[name](platform, machine)
    )
