"""The lab: three real machines and an offline mirror on one Linux machine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OPERATOR = "192.168.56.1"  # where pyinfra, pytest and a browser run: the lab's namespace itself
MIRROR = "192.168.56.2"  # a second address there, so that a firewall can tell them apart
NETWORK = "192.168.56.0/24"
USUAL = "lab"  # the name of the lab that nobody named
PROJECT = "threebody/shop"  # at the lab's GitLab
# Set in the environment of a lab whose GitLab a person has set up: a runner is there, whose token
# is given, and no project. That makes tests of everything else faster.
BY_HAND = "LAB_BY_HAND"


@dataclass(frozen=True)
class Lab:
    """One lab: a name, a network namespace, a directory of state; labs share only the cache."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,11}", self.name):
            raise ValueError(
                f"a lab's name is 1 to 12 of a-z, 0-9 and '-', letter first; got {self.name!r}"
            )

    @property
    def netns(self) -> str:
        """The network namespace, under /run/netns."""
        return f"threebody-{self.name}"

    @property
    def state(self) -> Path:
        """What belongs to this lab alone: machines, logs, sockets; `clean` removes it."""
        return CHECKOUT / ".lab" / self.name

    @property
    def fetched(self) -> Path:
        """Where runs bring kubeconfigs: beside the inventory, or into a lab of another name."""
        return CHECKOUT if self.name == USUAL else self.state

    @property
    def secrets(self) -> Path:
        """Its own secrets: what a person has in secrets.env is for machines of hers."""
        return self.state / "secrets.env"

    @property
    def ssh(self) -> Path:
        """Client key and host keys; the same for every lab of a checkout, as its addresses are."""
        return CHECKOUT / ".lab" / "ssh"


def cache() -> Path:
    """What may be built again at any time, kept between labs and checkouts."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "threebody"
