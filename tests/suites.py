"""Which suites there are, and which lab each of them is for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
UNIT, LIVE, LAB = (HOUSE / "tests" / name for name in ("unit", "live", "lab"))

Command = tuple[str | Path, ...]

# What reads sources only, the quick ones first; the last two have a core each.
QUICK: dict[str, Command] = {
    "format": (BIN / "ruff", "format", "--check", "--quiet", "."),
    "lint": (BIN / "ruff", "check", "--quiet", "."),
}
TYPES: Command = (BIN / "mypy", ".")
# A file's tests stay with one process: what a file has made for all of them is made once.
SIDE_BY_SIDE = ("-n", "auto", "--dist", "loadfile")

# Two labs side by side, since a suite on machines mostly waits. One begins with bare machines, in
# this order: bare, the first run, what it left, then everything that breaks it. The other has what
# is about vm-docker, gates, secrets and labs. The files are named one by one: pytest drops one that
# stands in a folder named beside it.
NAME = os.environ.get("TEST_LAB", "test")
_FIRST = [LAB / name for name in ("test_bare.py", "test_converge.py")]
_SECOND_LAB = [
    LAB / f"test_{name}.py"
    for name in (
        *("contract_harbor", "contract_runner", "edge", "faults", "gates"),
        *("gitlab_access", "gitlab_double"),
        *("harbor", "harbor_faults", "harbor_upgrade", "lab", "leaks", "registry", "runner"),
    )
]
# One deployment for all of these, which begin with the push that makes it.
_PUSH = LAB / "application" / "test_push.py"
_APPLICATION = [_PUSH, *sorted(set(_PUSH.parent.glob("test_*.py")) - {_PUSH})]
_BREAKING = sorted(set(LAB.glob("test_*.py")) - set(_FIRST) - set(_SECOND_LAB))
ON_MACHINES: dict[str, Sequence[Path]] = {
    NAME: (*_FIRST, LIVE, *_APPLICATION, *_BREAKING),
    f"{NAME[:9]}-b": _SECOND_LAB,
}


@dataclass(frozen=True)
class Part:
    """What a pytest's arguments name: tests that need no machine, tests that do, and the rest."""

    unit: tuple[str, ...]
    on_machines: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def is_everything(self) -> bool:
        """Whether no place is named, so that every suite is meant."""
        return not (self.unit or self.on_machines)

    @property
    def is_live(self) -> bool:
        """Whether the read-only tests are among it, which say nothing of bare machines."""
        return any(_is_in(word, LIVE) for word in self.on_machines)


def part(words: Sequence[str]) -> Part:
    """Sort a pytest's arguments."""
    places = [word for word in words if not word.startswith("-") and _place(word).exists()]
    unit = tuple(word for word in places if _is_in(word, UNIT))
    return Part(
        unit,
        tuple(word for word in places if word not in unit),
        tuple(word for word in words if word not in places),
    )


def _place(word: str) -> Path:
    """The file or folder that an argument is in; of one that is none, nothing that exists."""
    return HOUSE / word.partition("::")[0]


def _is_in(word: str, folder: Path) -> bool:
    return folder in (_place(word), *_place(word).parents)
