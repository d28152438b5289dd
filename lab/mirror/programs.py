"""The mirror's programs in the order in which they start."""

from __future__ import annotations

from lab import Lab
from lab.mirror import dns, door, front, registry
from lab.mirror.daemons import Daemon
from lab.mirror.products import Products

NAMES = ("door", "front", "dns", "registry")


def of(lab: Lab, made: Products) -> tuple[Daemon, ...]:
    """One of each for `lab`, serving what was `made`."""
    return (
        door.daemon(lab),
        front.daemon(lab, made.www),
        dns.daemon(lab),
        registry.daemon(lab, made.images),
    )
