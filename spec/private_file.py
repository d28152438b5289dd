"""A file on the operator's machine that only its owner may read."""

from __future__ import annotations

import os
from pathlib import Path


def write(text: str, path: Path) -> None:
    """Have this text there, for its owner alone: a reader finds the old file, or the whole new one.

    It is on the disk when this ends: what is made with it elsewhere counts on that.
    """
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
