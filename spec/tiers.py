"""The application's tiers: what the edge sends to each, where it answers, and with what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from spec.names import LABEL, is_text
from spec.types import Entry, NodePort

# One rule of the firewall names every NodePort, monitoring's three as well, and takes 15.
MOST = 12


def _path(value: str) -> str:
    if not re.fullmatch(r"/([A-Za-z0-9._~-]+/)*", value) or {".", ".."} & set(value.split("/")):
        raise ValueError(
            "not a path at the edge: it begins and ends with /, as in /shop/, with letters, digits"
            " and . _ ~ - between the slashes"
        )
    return value


def _probe(value: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._~/?=&%+,:@;-]*", value):
        raise ValueError("not a path to ask for: it begins with /, as in /healthz, without blanks")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(LABEL, value) or not value[0].isalpha():
        raise ValueError("not a tier's name: a-z, 0-9 and -, a letter first, 63 characters at most")
    return is_text(value)


class Tier(Entry):
    """A part of the application that visitors reach through the edge."""

    kind = "tier"
    path: Annotated[str, AfterValidator(_path)]
    port: NodePort
    probe: Annotated[str, AfterValidator(_probe)]

    @property
    def probe_at_edge(self) -> str:
        """The probe as visitors ask for it: with the prefix that the edge takes off."""
        return f"{self.path.removesuffix('/')}{self.probe}"


def _tiers(value: Mapping[str, Tier]) -> Mapping[str, Tier]:
    if not 1 <= len(value) <= MOST:
        raise ValueError(f"holds {len(value)} tiers: write 1 to {MOST}")
    paths: dict[str, str] = {}
    for name, tier in value.items():
        if other := paths.get(tier.path):
            raise ValueError(f"{other} and {name} have the path {tier.path}: give each its own")
        paths[tier.path] = name
    return value


Tiers = Annotated[
    Mapping[Annotated[str, AfterValidator(_name)], Tier],
    AfterValidator(_tiers),
]
