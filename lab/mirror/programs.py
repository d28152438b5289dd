"""The mirror's programs in the order in which they start."""

from __future__ import annotations

from lab import Lab
from lab.mirror import dns, door, front, gitlab, registry
from lab.mirror.daemons import Daemon
from lab.mirror.products import Products

NAMES = ("door", "gitlab", "altssh", "front", "dns", "registry")


def of(lab: Lab, made: Products) -> tuple[Daemon, ...]:
    """One of each for `lab`, serving what was `made`."""
    return (
        door.daemon(lab),
        gitlab.api(lab, made.gitlab),
        gitlab.ssh(lab, made.gitlab),
        front.daemon(lab, made.www),
        dns.daemon(lab),
        registry.daemon(lab, made.images),
    )
