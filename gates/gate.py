"""What a gate is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facts.side_by_side import FINAL


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One thing that must hold on a machine before the next layer may build on it."""

    awaits: str  # completes "waiting until ..."
    command: str  # reads only, runs as root; exit status 0 means open
    hint: str  # where to look when it stays shut
    within: int = 10  # seconds
    every: int = 1  # seconds


def starts_at_boot(awaits: str, units: Sequence[str]) -> Gate:
    """What a machine does after a reboot as well: each of these units is enabled."""
    return Gate(
        awaits=awaits,
        # Its exit status is 0 when one of them is.
        command=(
            f"systemctl is-enabled {' '.join(units)} | tee /dev/stderr |"
            f" grep -cx enabled | grep -qx {len(units)}"
        ),
        hint=f"systemctl is-enabled {' '.join(units)}; systemctl enable, and who disabled it",
    )


def once(command: str) -> str:
    """A gate's command that is not asked again at once: whoever answers counts wrong attempts."""
    return f"{{ {command}; }} || exit {FINAL}"
