"""Where the mirror keeps what it makes: made once, named after what it is made from."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Lock

from lab import cache
from lab.lock import alone, is_held
from lab.progress import step
from lab.shell import CommandFailed, run

UNFINISHED = ".unfinished"
# Where titles of what is missing go, while nobody wants it made.
_plan: ContextVar[list[str] | None] = ContextVar("plan", default=None)
_threads: dict[Path, Lock] = {}
_guard = Lock()


class DiskFull(CommandFailed):
    """There was no room for a product; the message says what it was, where, and what is free."""


def shelf(kind: str) -> Path:
    """The directory of one kind of product, shared by all labs of this machine."""
    path = cache() / "mirror" / kind
    path.mkdir(parents=True, exist_ok=True)
    return path


def made_once(kind: str, inputs: str, title: str, make: Callable[[Path], None]) -> Path:
    """The product of `make`, called with an empty directory unless the cache has that product.

    `inputs` is everything that decides what comes out. Different products may be made side by side;
    one that two ask for at once is made once, also by two labs. A call that failed or was killed
    leaves nothing that a later one would take for a product.
    """
    made = shelf(kind) / hashlib.sha256(inputs.encode()).hexdigest()[:16]
    if made.exists():
        return made
    plan = _plan.get()
    if plan is not None:
        plan.append(title)
        return made
    waiting_for = f"another command, which has begun to: {title}"
    with _one_thread(made), alone(made.with_suffix(".lock"), waiting_for):
        if not made.exists():
            _sweep(made.parent)
            with step(title):
                _make(made, title, make)
    return made


def missing(everything: Callable[[], object]) -> list[str]:
    """The titles of what `everything` would make that the cache has not; makes nothing."""
    titles: list[str] = []
    before = _plan.set(titles)
    try:
        everything()
    finally:
        _plan.reset(before)
    return list(dict.fromkeys(titles))


def _make(made: Path, title: str, make: Callable[[Path], None]) -> None:
    unfinished = made.with_suffix(UNFINISHED)
    try:
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir()
        make(unfinished)
        # What bears its name is on the disk: a power cut leaves no product with empty files.
        run("sync", "--file-system", unfinished)
        unfinished.rename(made)
    except (CommandFailed, OSError) as failed:
        full = _in_full(failed, made.parent)
        if not full:
            raise
        raise DiskFull(f"{title}: {full}") from failed
    finally:
        if unfinished.exists():
            shutil.rmtree(unfinished, ignore_errors=True)


def _in_full(failed: Exception, place: Path) -> str:
    """What to say when the disk was full; nothing when it was something else."""
    numbers = (errno.ENOSPC, errno.EDQUOT)
    free = shutil.disk_usage(place).free >> 20
    is_full = isinstance(failed, OSError) and failed.errno in numbers
    is_told = any(os.strerror(number) in str(failed) for number in numbers)
    if not (is_full or is_told or not free):  # not every program tells why it could not write
        return ""
    return f"the disk is full, {free} MB are free in {place}; make room, then the same goes on"


def _sweep(place: Path) -> None:
    """Remove what killed calls have left, unless somebody is at it."""
    for left in place.glob(f"*{UNFINISHED}"):
        if not is_held(left.with_suffix(".lock")):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _one_thread(made: Path) -> Iterator[None]:
    """Let the threads of this process come one after the other to one product, without a word."""
    with _guard:
        lock = _threads.setdefault(made, Lock())
    with lock:
        yield


def link(parts: Iterable[Path], target: Path) -> None:
    """Put together the trees `parts` as one, of the same files; of two with one path the last."""
    for part in parts:
        shutil.copytree(part, target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)  # the name here, not the file that a part shares with it
    os.link(source, target)


def sum_of(path: Path) -> str:
    """A file's sha256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(*sources: Path | str) -> str:
    """One word for the contents and names of these files and everything below these folders."""
    known = hashlib.sha256()
    for source in map(Path, sources):
        for path in sorted([source, *source.rglob("*")]):
            if path.is_file() and "__pycache__" not in path.parts:
                known.update(
                    f"{path.relative_to(source.parent)}\0{path.stat().st_mode:o}\0".encode()
                )
                known.update(path.read_bytes())
    return known.hexdigest()
