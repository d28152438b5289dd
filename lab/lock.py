"""One at a time: a lock that the kernel releases however its holder ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.progress import step


@contextmanager
def alone(lock: Path, waiting_for: str) -> Iterator[None]:
    """Hold the lock file `lock` while the body runs; say what it waits for when it must wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step(f"Wait for {waiting_for}"):
                fcntl.flock(held, fcntl.LOCK_EX)
        yield
