"""Files that only their owner reads: one value each, or a table of numbered rows."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read(path: Path) -> Any:
    """What a file holds."""
    return json.loads(path.read_text())


def write(path: Path, content: Any) -> None:
    """Replace what a file holds; whoever reads it meanwhile sees all or nothing."""
    written = path.with_name(f"{path.name}.{os.getpid()}")
    written.touch(mode=0o600)
    written.write_text(json.dumps(content))
    written.replace(path)


class Table:
    """Rows with numbers that are never given twice; processes may change it at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, **wanted: Any) -> list[Row]:
        """The rows with these values, the oldest first."""
        found = [{"id": int(number), **row} for number, row in self._content()["rows"].items()]
        return [row for row in found if all(row.get(name) == wanted[name] for name in wanted)]

    def find(self, **wanted: Any) -> Row | None:
        """The oldest row with these values."""
        return next(iter(self.rows(**wanted)), None)

    def add(self, **row: Any) -> Row:
        """A new row."""
        with self._changing() as content:
            content["last"] += 1
            content["rows"][str(content["last"])] = row
            return {"id": content["last"], **row}

    def change(self, number: int, **values: Any) -> Row:
        """Other values in a row that is there."""
        with self._changing() as content:
            row: Row = content["rows"][str(number)]
            row.update(values)
            return {"id": number, **row}

    def remove(self, number: int) -> None:
        """A row less."""
        with self._changing() as content:
            content["rows"].pop(str(number), None)

    def _content(self) -> Row:
        return dict(read(self.path)) if self.path.exists() else {"last": 0, "rows": {}}

    @contextmanager
    def _changing(self) -> Iterator[Row]:
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            content = self._content()
            yield content
            write(self.path, content)
