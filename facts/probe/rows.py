"""Lines of "key value", as shell prints them side by side."""

from __future__ import annotations

from collections.abc import Iterable


class Rows:
    """What a question printed: the values of each key, in their order."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rows = [line.partition(" ")[::2] for line in lines]

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of a key."""
        return tuple(value.strip() for found, value in self._rows if found == key)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Every value of a key, parted after its first word."""
        halves = (value.partition(" ")[::2] for value in self.all(key))
        return tuple((first, rest.strip()) for first, rest in halves)

    def one(self, key: str) -> str:
        """The last value of a key; "" without any."""
        return (self.all(key) or ("",))[-1]

    def number(self, key: str) -> int:
        """The same as a number; 0 without any. Raises ValueError for another text."""
        return int(self.one(key) or 0)

    def has(self, key: str) -> bool:
        """Whether that key was printed."""
        return bool(self.all(key))
