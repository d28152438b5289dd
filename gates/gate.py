"""What a gate is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One thing that must hold on a machine before the next layer may build on it."""

    awaits: str  # completes "waiting until ..."
    command: str  # reads only, runs as root; exit status 0 means open
    hint: str  # where to look when it stays shut
    within: int = 10  # seconds
    every: int = 1  # seconds
