"""Machines as a probe would have found them, and what preflight finds of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from facts.probe import Probe
from spec import Mistake, Platform
from tasks.preflight import OF_A_RUN

DOCKER, CONTROL, WORKER = "vm-docker", "vm-k8s", "vm-worker"
MACHINES = (DOCKER, CONTROL, WORKER)
# What earlier runs have left.
COMPOSED = frozenset({"/opt/edge/docker-compose.yml", "/opt/harbor/harbor.yml"})
NODE = frozenset({"/usr/local/sbin/kubeadm-once"})


def probe(subject: str = "system", **changed: Any) -> Probe:
    """A bare machine that has all it needs, but for what is changed of one subject."""
    bare = Probe()
    return replace(bare, **{subject: replace(getattr(bare, subject), **changed)})


def found(platform: Platform, name: str, seen: Probe) -> list[Any]:
    """Everything that preflight finds of one machine."""
    machine = platform.machine(name)
    return [finding for look in OF_A_RUN for finding in look(platform, machine, seen)]


def refusals(platform: Platform, name: str, seen: Probe) -> list[str]:
    """What it refuses."""
    return [str(one) for one in found(platform, name, seen) if isinstance(one, Mistake)]


def notes(platform: Platform, name: str, seen: Probe) -> list[str]:
    """What it says, and goes on."""
    return [str(one) for one in found(platform, name, seen) if not isinstance(one, Mistake)]
