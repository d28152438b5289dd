"""Files that are kept here: their owner's only, whole or not there, the oldest forgotten."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

PRIVATE, PRIVATE_FOLDER = stat.S_IRUSR | stat.S_IWUSR, stat.S_IRWXU
UNFINISHED = ".new"
DAY = 24 * 60 * 60  # seconds


class Unusable(Exception):
    """What lies here is nothing to restore from; the message says why."""


@contextmanager
def unfinished(folder: Path, beginning: str, ending: str) -> Iterator[tuple[BinaryIO, Path]]:
    """A file, and the path that it has only once the body has come to its end.

    It is named after the time. What another one that was killed has left goes.
    """
    target = folder / f"{beginning}{datetime.now(UTC):%Y%m%dT%H%M%SZ}{ending}"
    path = target.with_name(f".{target.name}{UNFINISHED}")
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for left in folder.glob(f".{beginning}*{UNFINISHED}"):
        left.unlink()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "w+b") as file:
            yield file, target
            file.flush()
            os.fsync(file.fileno())
        path.replace(target)
        _sync(folder)
    finally:
        path.unlink(missing_ok=True)


def forget(folder: Path, beginning: str, keep: int, days: int | None = None) -> Iterator[Path]:
    """Remove all but the newest `keep` whose name begins so, and what is older than so many days.

    The newest one stays, however old it is.
    """
    oldest = time.time() - days * DAY if days else 0
    newest_first = sorted(folder.glob(f"{beginning}*"), reverse=True)
    for number, path in enumerate(newest_first):
        if number >= keep or (number and path.stat().st_mtime < oldest):
            path.unlink()
            yield path


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
