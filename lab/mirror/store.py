"""Where the mirror keeps what it makes: made once, named after what it is made from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from lab import cache
from lab.progress import step


def shelf(kind: str) -> Path:
    """The directory of one kind of product, shared by all labs of this machine."""
    path = cache() / "mirror" / kind
    path.mkdir(parents=True, exist_ok=True)
    return path


def made_once(kind: str, inputs: str, title: str, make: Callable[[Path], None]) -> Path:
    """The product of `make`, called with an empty directory unless the cache has that product.

    `inputs` is everything that decides what comes out. A call that was killed leaves nothing that
    a later one would take for a product.
    """
    place = shelf(kind)
    made = place / hashlib.sha256(inputs.encode()).hexdigest()[:16]
    if made.exists():
        return made
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = place / "unfinished"
            if unfinished.exists():
                shutil.rmtree(unfinished)
            unfinished.mkdir()
            with step(title):
                make(unfinished)
            unfinished.rename(made)
    return made


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
