"""Gates with their answers, for those who show them: a module that patches nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A gate of a machine, and its answer."""

    host: str
    layer: str
    gate: str
    open: bool
    came: str
    hint: str
