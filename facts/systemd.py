"""Units: loaded, enabled, running, masked."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact


@dataclass(frozen=True)
class UnitState:
    """One unit as systemd knows it."""

    load: str = "not-found"
    active: str = "inactive"
    file: str = ""  # enabled, disabled, masked, static, …
    needs_reload: bool = False  # its file changed since systemd read it
    kept_off: bool = False  # it was started, and its own conditions keep it off

    @property
    def running(self) -> bool:
        """Whether it does what it should: it runs, or its own conditions say that it need not."""
        return self.active in ("active", "reloading", "activating") or self.kept_off


class Units(Fact[dict[str, UnitState]]):
    """The state of any number of units, by the name that was asked for."""

    listed = "units"

    @staticmethod
    def default() -> dict[str, UnitState]:
        return {}

    def command(self, units: Sequence[str]) -> str:
        self.units = units
        wanted = "LoadState,ActiveState,UnitFileState,NeedDaemonReload,ConditionResult,"
        wanted += "ConditionTimestampMonotonic"
        return f"systemctl show --property={wanted} -- {shlex.join(units)} || :"

    def process(self, output: Iterable[str]) -> dict[str, UnitState]:
        blocks = "\n".join(output).strip().split("\n\n")
        states = {}
        for unit, block in zip(self.units, blocks, strict=False):
            shown = dict(line.split("=", 1) for line in block.splitlines())
            tried = shown.get("ConditionTimestampMonotonic", "0") != "0"
            states[unit] = UnitState(
                load=shown.get("LoadState", "not-found"),
                active=shown.get("ActiveState", "inactive"),
                file=shown.get("UnitFileState", ""),
                needs_reload=shown.get("NeedDaemonReload") == "yes",
                kept_off=tried and shown.get("ConditionResult") == "no",
            )
        return states
