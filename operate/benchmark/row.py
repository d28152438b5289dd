"""How a line of the benchmark went on a machine."""

from __future__ import annotations

from dataclasses import dataclass

from facts.gates import Answer
from operate.benchmark.line import Line

NO_ANSWER = Answer(False, "no answer")


@dataclass(frozen=True)
class Row:
    """A line of the benchmark on a machine, and how it went."""

    host: str
    number: str
    title: str
    verdict: str  # passed, failed, accepted
    why: str  # what came where it failed, the reason where it is accepted


def judged(host: str, line: Line, answer: Answer) -> Row:
    """What an answer means; one that did not come is no reason to accept anything."""
    if answer.open:
        return Row(host, line.number, line.title, "passed", "")
    if line.accepted and answer is not NO_ANSWER:
        return Row(host, line.number, line.title, "accepted", line.accepted)
    return Row(host, line.number, line.title, "failed", answer.came or "nothing came")
