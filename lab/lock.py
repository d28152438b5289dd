"""One at a time: a lock that the kernel releases however its holder ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lab import together
from lab.progress import step

ASKED_EVERY = 0.1  # seconds


@contextmanager
def alone(lock: Path, waiting_for: str) -> Iterator[None]:
    """Hold the lock file `lock` while the body runs; say what it waits for when it must wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        if not _taken(held):
            with step(f"Wait for {waiting_for}"):
                # Asked again and again: a thread that sleeps in the kernel hears of no Ctrl-C.
                while not _taken(held):
                    together.check()
                    time.sleep(ASKED_EVERY)
        yield


def is_held(lock: Path) -> bool:
    """Whether somebody holds the lock file now."""
    with lock.open("w") as held:
        return not _taken(held)


def _taken(held: IO[str]) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
