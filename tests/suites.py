"""Which suites there are, and which lab each of them is for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
UNIT, LIVE, LAB = (CHECKOUT / "tests" / name for name in ("unit", "live", "lab"))

Command = tuple[str | Path, ...]

# What reads sources only, the quick ones first; the last two have a core each.
QUICK: dict[str, Command] = {
    "format": (BIN / "ruff", "format", "--check", "--quiet", "."),
    "lint": (BIN / "ruff", "check", "--quiet", "."),
}
TYPES: Command = (BIN / "mypy", ".")
# A file's tests stay with one process: what a file has made for all of them is made once.
SIDE_BY_SIDE = ("-n", "auto", "--dist", "loadfile")


class Deployed(IntEnum):
    """How much of the platform is on a lab's machines: the less, the less they cost."""

    NOTHING = 0
    DOCKER = 1  # vm-docker; the nodes are bare
    ALL = 2


# Rounds of what works by chance: in `make test`, and in `make soak`.
FEW, MANY = 1, 30
# In the environment of a group: what the one before it has left whole.
STANDS = "LAB_STANDS"


@dataclass(frozen=True)
class Group:
    """Suites that follow each other in one pytest, on whichever lab is free."""

    title: str
    on: Deployed  # once its tests have deployed what they need
    places: Sequence[str | Path]


def _group(title: str, on: Deployed, *suites: str) -> Group:
    return Group(title, on, tuple(LAB / f"test_{suite}.py" for suite in suites or (title,)))


# Two labs side by side. The first begins with bare machines: bare, the first run, what it left. The
# second has what is about vm-docker, and no cluster meanwhile. Whoever is done takes what is left.
NAME = os.environ.get("TEST_LAB", "test")
NAMES = (NAME, f"{NAME[:9]}-b")
# One deployment for all of these, which begin with the push that makes it.
_PUSH = LAB / "application" / "test_push.py"
_APPLICATION = (_PUSH, *sorted(set(_PUSH.parent.glob("test_*.py")) - {_PUSH}))
# The same of the monitoring: the first of these, by name, is before it, the last takes it away.
_MONITORING = tuple(sorted((LAB / "monitoring").glob("test_*.py")))
_DOCKER, _ALL = Deployed.DOCKER, Deployed.ALL
FIRST = Group("first", _ALL, (LAB / "test_bare.py", LAB / "test_converge.py", LIVE))
# The long ones first, so that both labs end together; between these two is what nobody named.
_LONG = (
    _group("lab", Deployed.NOTHING, "lab", "alerts", "contract_runner"),
    _group("pasts", Deployed.NOTHING),
    _group("contract_harbor", _DOCKER),
    _group("harbor", _DOCKER, "harbor", "harbor_upgrade"),
    _group("harbor_faults", _DOCKER),
    _group(
        "docker",
        _DOCKER,
        *("edge", "authority", "gitlab_access", "gitlab_double", "repository", "runner"),
        "docker_update",
    ),
    Group("application", _ALL, _APPLICATION),
    Group("monitoring", _ALL, _MONITORING),
)
_SHORT = (
    _group("cluster", _ALL, "cluster", "cluster_made", "node_ports", "registry_https"),
    _group("workers", _ALL),
    _group("drift", _ALL),
    _group("leaks", _ALL),
    _group("gates", _ALL, "gates", "cis", "report"),
    _group("faults", _ALL, "faults", "second_day", "update"),
)
# Of `make soak`: elsewhere the one has nothing to upgrade to, the other no client that goes on.
UPGRADE = (LAB / "test_update.py", LAB / "test_upgrade.py")
CONTROLS = LAB / "test_control_planes.py"  # of it, too: elsewhere there is one
_ELSEWHERE = {place for group in (FIRST, *_LONG, *_SHORT) for place in group.places}
# Its files are named one by one: pytest drops one that stands in a folder named beside it.
_OTHERS = Group("others", _ALL, tuple(sorted(set(LAB.glob("test_*.py")) - _ELSEWHERE)))
QUEUE = (*_LONG, _OTHERS, *_SHORT)


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
    def group(self) -> Group | None:
        """What is named of machines."""
        return Group("part", Deployed.ALL, self.on_machines) if self.on_machines else None

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
    return CHECKOUT / word.partition("::")[0]


def _is_in(word: str, folder: Path) -> bool:
    return folder in (_place(word), *_place(word).parents)
