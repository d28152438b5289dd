"""A lab as a run has left it: the deploy runs once, and later labs begin where it has ended."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from lab import CHECKOUT, Lab, machines, states
from tests.lab import deploying
from tests.lab.cluster import KUBERNETES
from tests.suites import STANDS, Deployed

# How the state begins that a run of each kind leads to, and what the run is limited to.
KINDS: Mapping[Deployed, tuple[str, str]] = {
    Deployed.DOCKER: ("docker-", "vm-docker"),
    Deployed.ALL: ("deployed-", ""),
}
# Whatever a run does, and what it does it to.
SOURCES = (
    *("deploy.py", "inventory.py", "config.py", "connection.py", "plan.py"),
    *("askpass.py", "host_keys.py", "shortcuts.py"),
    *("facts", "files", "gates", "group_data", "lab", "operations", "spec", "tasks", "templates"),
)
USED = "test -e /etc/apt/apt.conf.d/99-threebody && echo used"


def bring(lab: Lab, what: Deployed) -> None:
    """Have the deploy's result on a lab's machines: bare ones begin with what is saved of it.

    Where suites follow each other, what the one before has left is kept only if it is whole.
    """
    kind, limit = KINDS[what]
    state, known = f"{kind}{_sources()}", states.known()
    left = os.environ.get(STANDS)
    stands = Deployed(int(left or 0))
    if stands > what or (stands == what and state in known):
        return
    if state in known and (left or not _used(lab)):
        states.back(lab, state)
    with deploying.limited_to(limit):
        deploying.converge()
    if state not in known:
        states.save(lab, state)
        for old in known:
            if old.startswith(kind):
                states.forget(old)


def _used(lab: Lab) -> bool:
    """Whether a run has been there."""
    return any(machine.ssh(USED, check=False) for machine in machines.of(lab))


def _sources() -> str:
    """The sum of these very sources, and of which Kubernetes they deploy."""
    known = hashlib.sha256(KUBERNETES.encode())
    for path in sorted(path for name in SOURCES for path in _files(CHECKOUT / name)):
        known.update(f"{path.relative_to(CHECKOUT)}\0".encode())
        with path.open("rb") as source:
            known.update(hashlib.file_digest(source, "sha256").digest())
    return known.hexdigest()[:12]


def _files(place: Path) -> list[Path]:
    found = place.rglob("*") if place.is_dir() else (place,)
    return [it for it in found if it.is_file() and it.suffix != ".pyc"]
