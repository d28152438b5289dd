"""Cases of one test, of which each change sees some, and `make soak` all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def cases(every: Iterable[T], of_soak: Collection[T], reason: str) -> list[object]:
    """What `parametrize` takes: all of them, those marked that are left to `make soak`."""
    mark = pytest.mark.soak(reason=reason)
    return [pytest.param(case, marks=[mark] if case in of_soak else []) for case in every]
