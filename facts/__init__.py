"""What a machine is like now: each fact reads once, answers many questions, and says "absent"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ClassVar, TypeVar

from pyinfra.api.exceptions import FactProcessError
from pyinfra.api.facts import FactBase

T = TypeVar("T")
# What reading a text raises when the text is another one.
MISREAD = (ValueError, LookupError, TypeError, AttributeError, StopIteration)
SHOWN = 80  # of a line, to a person


class Fact(FactBase[T]):
    """A fact whose answer is read, or else is refused in one sentence, for its machine alone."""

    # Its one argument, where that is a list and the answer has a value for each item of it: what
    # several want to know is then one question.
    listed: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "process" in vars(cls):
            cls.process = _refusing(cls.process)  # type: ignore[method-assign]


def _refusing(process: Callable[..., Any]) -> Callable[..., Any]:
    """The same, which raises nothing but FactProcessError: any other stops every machine."""

    @wraps(process)
    def read(fact: Fact[Any], output: Iterable[str]) -> Any:
        lines = list(output)
        try:
            return process(fact, lines)
        except MISREAD:
            number = next(n for n in range(1, len(lines) + 1) if _misread(process, fact, lines[:n]))
            raise FactProcessError(
                f"{type(fact).__name__} of this machine cannot be read from line {number} of"
                f" {len(lines)} on: {lines[number - 1][:SHOWN]!r}. Usually the login shell there"
                " prints something of its own (.bashrc, .profile): let it do so only at a terminal"
            ) from None

    return read


def _misread(process: Callable[..., Any], fact: Fact[Any], lines: list[str]) -> bool:
    try:
        process(fact, lines)
    except MISREAD:
        return True
    return False


def told(lines: Iterable[str], *kinds: str) -> list[tuple[str, str]]:
    """The two halves of each line "kind value"; raises ValueError for any other kind."""
    rows = [line.strip().partition(" ")[::2] for line in lines if line.strip()]
    if unknown := [kind for kind, _ in rows if kind not in kinds]:
        raise ValueError(unknown)
    return rows
