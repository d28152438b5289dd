"""A lab as a run has left it: the deploy runs once, and later labs begin where it has ended."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lab import CHECKOUT, Lab, machines, states
from tests.lab import deploying

KIND = "deployed-"
# Whatever a run does, and what it does it to.
SOURCES = (
    *("deploy.py", "inventory.py", "config.py", "connection.py", "plan.py"),
    *("facts", "files", "gates", "group_data", "lab", "operations", "spec", "tasks", "templates"),
)
USED = "test -e /etc/apt/apt.conf.d/99-threebody && echo used"


def bring(lab: Lab) -> None:
    """Have the deploy's result on a lab's machines: bare ones begin with what is saved of it."""
    state = _state()
    if states.exists(state) and not _used(lab):
        states.back(lab, state)
    deploying.converge()
    if not states.exists(state):
        states.save(lab, state)
        for old in states.known():
            if old.startswith(KIND) and old != state:
                states.forget(old)


def _used(lab: Lab) -> bool:
    """Whether a run has been there."""
    return any(machine.ssh(USED, check=False) for machine in machines.of(lab))


def _state() -> str:
    """The state that these very sources lead to."""
    known = hashlib.sha256()
    for path in sorted(path for name in SOURCES for path in _files(CHECKOUT / name)):
        known.update(f"{path.relative_to(CHECKOUT)}\0".encode())
        with path.open("rb") as source:
            known.update(hashlib.file_digest(source, "sha256").digest())
    return f"{KIND}{known.hexdigest()[:12]}"


def _files(place: Path) -> list[Path]:
    found = place.rglob("*") if place.is_dir() else (place,)
    return [it for it in found if it.is_file() and it.suffix != ".pyc"]
