"""The database's data: how much it is, what room there is, and whether it is being moved."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact, told
from facts.kubernetes import HOME

MOVING = f"{HOME}/database-moving"  # FROM TO CORDONED, on the control plane, while it is moved


@dataclass(frozen=True)
class FolderState:
    """A folder of data as it is on a machine, and the room where it is, or would be."""

    entries: int = 0
    size_mib: int = 0
    free_mib: int = 0


class DataFolder(Fact[FolderState]):
    """How much a folder has, and how much would fit there."""

    @staticmethod
    def default() -> FolderState:
        return FolderState()

    def command(self, path: str) -> str:
        return f"""
folder={shlex.quote(path)}
[ ! -d "$folder" ] || {{
  echo "entries $(find "$folder" -mindepth 1 | wc -l)"
  echo "size $(du -sm "$folder" | cut -f 1)"
}}
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
echo "free $(df --output=avail -BM "$folder" | tail -n 1 | tr -dc 0-9)" """

    def process(self, output: Iterable[str]) -> FolderState:
        found = {name: int(value) for name, value in told(output, "entries", "size", "free")}
        return FolderState(found.get("entries", 0), found.get("size", 0), found.get("free", 0))


class Moving(Fact[tuple[str, ...]]):
    """From which node to which the database is being moved; nothing where it is not."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return f"[ ! -s {MOVING} ] || sed 's/^/moving /' {MOVING}"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        (line,) = (value for _, value in told(output, "moving"))
        source, target, _ = line.split()
        return source, target
