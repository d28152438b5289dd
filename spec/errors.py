"""Refusals: what was expected, what came, what to do, for every mistake at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyinfra.api.exceptions import PyinfraError

# What a person has to write where pydantic found another kind of value.
WANTED = {
    "bool_type": "True or False, without quotes",
    "mapping_type": 'a table such as {"name": "value"}',
    "dict_type": 'a table such as {"name": "value"}',
    "string_type": 'text: write it between quotes, "…"',
    "tuple_type": 'a list: write it between brackets, ["…"]',
}


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing that is wrong: where (host or group), which setting, its value, the reason."""

    where: str
    setting: str
    value: str  # as a person wrote it; "" for a secret or for something that is not there
    reason: str

    def __str__(self) -> str:
        named = " ".join(part for part in (self.setting, self.value and f"= {self.value}") if part)
        return ": ".join(part for part in (self.where, named, self.reason) if part)


class Refused(PyinfraError):
    """The run stops before anything was touched; the message is meant for a person."""

    # pyinfra prints a traceback's file and line in front of the message: here the message is all.
    __traceback__ = None

    def __init__(self, headline: str, mistakes: Iterable[Mistake | str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join([headline, *(f"    {mistake}" for mistake in self.mistakes)]))


def reason_of(problem: Any) -> str:
    """Why pydantic refuses a value, one of its `errors()`, in words for who wrote it."""
    text = str(problem["msg"])
    if problem["type"] == "value_error":
        return text.removeprefix("Value error, ")
    if problem["type"] == "missing":
        return "missing; its home is the group's file in group_data/"
    if wanted := WANTED.get(problem["type"]):
        return f"not {wanted}"
    return text[:1].lower() + text[1:]
