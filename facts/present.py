"""Which of some paths are there."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from facts import Fact, told


def present(paths: Sequence[str]) -> str:
    """Shell that prints those of these paths that are there; * stands for any part of a name.

    A disk that is mounted there stays, and is nothing once it is empty.
    """
    words = ("*".join(shlex.quote(part) if part else "" for part in p.split("*")) for p in paths)
    return (
        f'for path in {" ".join(words)}; do [ -e "$path" ] || [ -L "$path" ] || continue;'
        ' { mountpoint -q "$path" && [ -z "$(ls -A "$path")" ]; } || echo "$path"; done'
    )


class Present(Fact[tuple[str, ...]]):
    """Those of these paths that are there."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, paths: Sequence[str]) -> str:
        self.paths = paths
        return f"{{ {present(paths)}; }} | sed 's/^/present /'"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        found = tuple(path for _, path in told(output, "present"))
        # Whoever asks may remove them.
        if stranger := [it for it in found if not any(fnmatchcase(it, one) for one in self.paths)]:
            raise ValueError(stranger)
        return found
