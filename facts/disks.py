"""How full a machine's file systems are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact


@dataclass(frozen=True)
class Disk:
    """A file system with a disk behind it."""

    path: str  # where it is mounted
    used_mib: int
    free_mib: int  # for others than root

    @property
    def percent(self) -> int:
        """How much of it is used, as df says it."""
        return round(100 * self.used_mib / max(1, self.used_mib + self.free_mib))


class Disks(Fact[tuple[Disk, ...]]):
    """Ask df for all that keep something: none in memory, nor what containers are mounted on."""

    @staticmethod
    def default() -> tuple[Disk, ...]:
        return ()

    def command(self) -> str:
        passing = ["tmpfs", "devtmpfs", "ramfs", "overlay", "squashfs", "efivarfs", "iso9660"]
        without = " ".join(f"-x {kind}" for kind in passing)
        # What is below /run is lent: a medium that somebody put in, files of a container's host.
        return f"LC_ALL=C df -P -m -l {without} 2>/dev/null | tail -n +2 | grep -v '% /run/' || :"

    def process(self, output: Iterable[str]) -> tuple[Disk, ...]:
        rows = (line.split(None, 5) for line in output)
        return tuple(Disk(path, int(used), int(free)) for _, _, used, free, _, path in rows)
