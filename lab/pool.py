"""The file system of the machines' disks: one XFS in a file of the cache; a copy costs nothing.

It holds base images, an image a machine, and saved states, which share what they have in common
(reflink). Flushes end in the outer machine's page cache: nothing here outlives a crash of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import CHECKOUT, Lab, cache, outer
from lab.progress import step
from lab.shell import CommandFailed, run

SIZE = 200 << 30  # what it could hold; the file is as large as what is in it
LEAST = 5 << 30  # what a deployed lab writes; a disk that is full stops its machines


def path() -> Path:
    """Where it is mounted."""
    return cache() / "disks"


def of(lab: Lab) -> Path:
    """Where the lab's images are: a checkout's labs and states have a directory of their own."""
    return _checkout() / "labs" / lab.name


def states() -> Path:
    """Where the checkout's saved states are."""
    return _checkout() / "states"


def outside(*command: str | Path, ok: tuple[int, ...] = (0,)) -> str:
    """Run a command among the outer machine's mounts, also for a caller in a lab's network."""
    return run(*outside_words(*command), ok=ok)


def outside_words(*command: str | Path) -> tuple[str | Path, ...]:
    """The words that run a command there."""
    return ("nsenter", f"--mount={outer.namespace('mnt')}", *command)


@contextmanager
def used() -> Iterator[None]:
    """Have it mounted while the body runs; what the body mounts in it keeps it so."""
    cache().mkdir(parents=True, exist_ok=True)
    with _file(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with _file(".mounting").open("w") as mounting:
            fcntl.flock(mounting, fcntl.LOCK_EX)
            _mount()
        yield


def leave() -> None:
    """Unmount it, unless another lab uses it."""
    if not path().is_mount():
        return
    with _file(".lock").open("w") as held, suppress(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _forget_checkouts()
        _detach(path())
        deadline = time.monotonic() + 2  # a loop device lets go a little after its unmount
        while not _mounts(path()) and path().is_mount() and time.monotonic() < deadline:
            _flushes(True)  # the loop device may be anybody's next
            outside("umount", path(), ok=(0, 32))
            if path().is_mount():
                _flushes(False)
                time.sleep(0.2)


def forget(lab: Lab) -> None:
    """Remove all images of a lab that is down."""
    if _file().exists():
        with used():
            shutil.rmtree(of(lab), ignore_errors=True)
        leave()


def require_room() -> None:
    """Raise CommandFailed when the outer machine's disk has no room for what machines write."""
    free = shutil.disk_usage(cache()).free
    if free < LEAST:
        raise CommandFailed(
            f"{free >> 30} GiB free under {cache()}, at least {LEAST >> 30} are needed for the"
            " machines' disks: make room, or name another place in XDG_CACHE_HOME"
        )


def devices(image: Path) -> list[str]:
    """The loop devices that have an image."""
    return run("losetup", "--noheadings", "--output", "NAME", "--associated", image).split()


def copy(source: Path, target: Path) -> None:
    """Copy an image in no time; a copy that was killed leaves no `target`."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.unlink(missing_ok=True)
    run("cp", "--reflink=always", source, unfinished)
    unfinished.rename(target)


def _checkout() -> Path:
    return path() / hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]


def _file(ending: str = ".xfs") -> Path:
    return path().with_name(f"disks{ending}")


def _mount() -> None:
    if not path().is_mount():
        path().mkdir(exist_ok=True)
        if not _file().exists():
            with step("Make the file system of the machines' disks"):
                _make()
        elif not _is_whole():
            with step("Make all disks anew: this machine went down while they were in use"):
                _make()
        outside("mount", "-o", "loop,noatime,discard", _file(), path())
    # Whoever stands in a lab's network sees what is mounted in it later, and lets go of it.
    outside("mount", "--make-shared", path())
    _flushes(False)
    _checkout().mkdir(mode=0o700, exist_ok=True)
    (_checkout() / "checkout").write_text(str(CHECKOUT))


def _make() -> None:
    unfinished = _file(".unfinished")
    unfinished.unlink(missing_ok=True)
    with unfinished.open("w") as sparse:
        os.truncate(sparse.fileno(), SIZE)
    run("mkfs.xfs", "-q", "-K", "-m", "reflink=1,rmapbt=0", unfinished)
    unfinished.rename(_file())


def _is_whole() -> bool:
    """Whether it was unmounted: what a crash of the outer machine leaves is not to be trusted."""
    in_use = bool(devices(_file()))  # among the mounts of a process that outlives its lab
    return in_use or "<CLEAN>" in run("xfs_logprint", "-t", _file())


def _detach(below: Path) -> None:
    for device in _devices_of_images(below):
        outside("losetup", "--detach", device)  # mounted ones: when they are no more


def _devices_of_images(below: Path) -> list[str]:
    listed = json.loads(run("losetup", "--json", "--output", "NAME,BACK-FILE") or "{}")
    found = listed.get("loopdevices", [])
    return [it["name"] for it in found if (it["back-file"] or "").startswith(f"{below}/")]


def _flushes(wanted: bool) -> None:
    """Whether a flush of the file system is one of the outer machine's disk, too."""
    for device in devices(_file()):
        switch = Path("/sys/block") / Path(device).name / "queue/write_cache"
        with suppress(OSError):  # slower, then
            switch.write_text("write back" if wanted else "write through")


def _mounts(below: Path) -> list[str]:
    """What is mounted below a folder, the last one first."""
    listed = Path(outer.namespace("mnt")).parents[1] / "mountinfo"
    points = [line.split()[4] for line in listed.read_text().splitlines()]
    return [point for point in reversed(points) if point.startswith(f"{below}/")]


def _forget_checkouts() -> None:
    """Remove the disks and states of checkouts that are gone, but for machines that still run.

    A lab that was killed leaves its machines' disks mounted; one that runs has them among its
    machines' own mounts, too, so that their devices stay.
    """
    for owner in path().glob("*/checkout"):
        if not Path(owner.read_text()).exists():
            _detach(owner.parent)
            for point in _mounts(owner.parent):
                outside("umount", point, ok=(0, 32))
            if not _devices_of_images(owner.parent):
                shutil.rmtree(owner.parent)
