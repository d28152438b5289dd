"""What a look at a machine finds: something that is in the way, or something that is taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from facts.probe import Probe
from spec import Machine, Mistake, Platform


@dataclass(frozen=True)
class Note:
    """What a machine brings that a run changes, or works with: said once, and no reason to stop."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


Findings = Iterator[Mistake | Note]
Look = Callable[[Platform, Machine, Probe], Findings]


def refused(machine: Machine, sentence: str) -> Mistake:
    """What is there, why that is in the way, what to do."""
    return Mistake(machine.name, "", "", sentence)


def noted(machine: Machine, sentence: str) -> Note:
    """What is there, and what becomes of it."""
    return Note(machine.name, sentence)
