"""The application's tiers: what the edge sends to each, where it answers, and with what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from spec.names import LABEL
from spec.types import NodePort

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
    return value


class Tier(BaseModel):
    """A part of the application that visitors reach through the edge."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Annotated[str, AfterValidator(_path)]
    port: NodePort
    probe: Annotated[str, AfterValidator(_probe)]

    @model_validator(mode="before")
    @classmethod
    def _fields(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or set(value) != set(cls.model_fields):
            raise ValueError(f"not a tier: it has {', '.join(cls.model_fields)}, and nothing else")
        return value

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
