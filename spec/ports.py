"""Ports: which ones a machine has more than one use for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from spec.errors import Mistake


def taken_twice(group: str, users: Mapping[int, Sequence[str]], where: str) -> Iterable[Mistake]:
    """A mistake for each use of a port after the first."""
    for port, (first, *others) in users.items():
        for name in others:
            reason = f"taken by {first} on {where}; choose another"
            yield Mistake(group, name, str(port), reason)
