"""A gate by what it awaits: its answer on a machine that is none, and how its subject is broken."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from gates import Gate, gates
from spec import Platform
from tests.unit.doubles import scripts, sh, tool


def shut(awaits: str, *, came: str = "", **tools: str) -> Any:
    """A gate, what its answer then holds, and the tools that say so (`-` is `_` in their names)."""
    broken = {name.replace("_", "-"): script for name, script in tools.items()}
    return pytest.param(awaits, came, broken, id=f"{awaits}: {came or ', '.join(broken)}")


def gate(platform: Platform, awaits: str, machine: str) -> Gate:
    """The gate of a machine that awaits this."""
    (found,) = (one for one in gates(platform, platform.machine(machine)) if one.awaits == awaits)
    return found


def answer(
    platform: Platform, tmp_path: Path, awaits: str, machine: str = "vm-k8s", **tools: str
) -> subprocess.CompletedProcess[str]:
    """What a gate says where our own scripts are, and these tools; `-` in a name is `_` here."""
    scripts(tmp_path / "bin")
    for name, script in tools.items():
        tool(tmp_path / "bin", name.replace("_", "-"), script)
    return sh(gate(platform, awaits, machine).command, tools=tmp_path / "bin")
