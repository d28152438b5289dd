"""A cgroup of its own for each machine, in every hierarchy of the outer machine (v1, hybrid, v2).

Without it the machines would share one tree, and two kubelets would fight over `/kubepods`. It also
says which processes are a machine's: nothing else is ever signalled.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
INHERITED = ("cpuset.cpus", "cpuset.mems")  # empty in a new v1 cpuset, which then takes no process


def unified() -> bool:
    """Whether the outer machine has cgroup v2 only; otherwise v1, perhaps with v2 beside it."""
    return (ROOT / "cgroup.controllers").exists()


@cache
def _hierarchies() -> tuple[Path, ...]:
    """Where each hierarchy is mounted; controllers that share one count once."""
    found: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] in ("cgroup", "cgroup2"):
            device, path = before.split()[2], Path(before.split()[4])
            found.setdefault(device, path)
    return tuple(found.values())


def enter(group: str) -> None:
    """Move the calling process into `group` (a path such as `threebody-lab/vm-k8s`) everywhere."""
    for hierarchy in _hierarchies():
        place = hierarchy
        for part in Path(group).parts:
            _hand_down(place)
            place /= part
            place.mkdir(exist_ok=True)
            for setting in INHERITED:
                _copy(place.parent / setting, place / setting)
        (place / "cgroup.procs").write_text(str(os.getpid()))


def _hand_down(place: Path) -> None:
    """Let the children of a v2 group use every controller that it has; v1 has no such switch."""
    if (place / "cgroup.subtree_control").exists():
        for controller in (place / "cgroup.controllers").read_text().split():
            with suppress(OSError):  # one that is busy elsewhere is one the machines do without
                (place / "cgroup.subtree_control").write_text(f"+{controller}")


def _copy(source: Path, target: Path) -> None:
    if not unified() and target.exists() and not target.read_text().strip():
        target.write_text(source.read_text())


def processes(group: str) -> set[int]:
    """Every process in `group` and below, seen from the outer machine."""
    found: set[int] = set()
    for hierarchy in _hierarchies():
        for place in _deepest_first(hierarchy / group):
            try:
                found.update(map(int, (place / "cgroup.procs").read_text().split()))
            except OSError:  # the group went away in between, and its processes with it
                continue
    return found


def leader(group: str) -> int | None:
    """The machine's own PID 1, seen from the outer machine; None while it has none."""
    for pid in processes(group):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        namespaced = next(line for line in status.splitlines() if line.startswith("NSpid:"))
        if namespaced.split()[2:] == ["1"]:  # one level down; containers inside are deeper
            return pid
    return None


def cpu(group: str) -> float:
    """The seconds of CPU that `group` and all below it have used; 0 for one that is not there."""
    for hierarchy in _hierarchies():
        with suppress(OSError):  # the hierarchy of another controller
            if unified():
                told = dict(map(str.split, (hierarchy / group / "cpu.stat").open()))
                return int(told["usage_usec"]) / 1e6
            return int((hierarchy / group / "cpuacct.usage").read_text()) / 1e9
    return 0


def kill(group: str) -> None:
    """Send SIGKILL to every process in `group`; one that is just forking may leave a child."""
    for pid in processes(group):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def remove(group: str, within: float = 10) -> None:
    """Remove `group` with all below it; raises TimeoutError when a process stays in it."""
    deadline = time.monotonic() + within
    for hierarchy in _hierarchies():
        while (hierarchy / group).exists():
            for place in _deepest_first(hierarchy / group):
                try:
                    place.rmdir()
                except OSError:  # a dying process leaves its group a little later
                    continue
            if (hierarchy / group).exists():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{hierarchy / group} still holds processes")
                time.sleep(0.05)


def _deepest_first(top: Path) -> Iterator[Path]:
    for path, _, _ in os.walk(top, topdown=False):
        yield Path(path)
