"""Users and the groups they are in."""

from __future__ import annotations

from collections.abc import Iterable

from facts import Fact


def home(user: str) -> str:
    """Shell that says where a user's home is; nothing, for somebody who is not there."""
    return f"$(getent passwd {user} | cut -d: -f6)"


class Members(Fact[tuple[str, ...]]):
    """Who is in a group; nobody in one that does not exist."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, group: str) -> str:
        return f"getent group {group} | cut -d: -f4"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        (line,) = [*output] or [""]
        return tuple(name for name in line.strip().split(",") if name)
