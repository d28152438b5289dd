"""Whether gates are open, and what came where one is shut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact
from facts.side_by_side import Answers

# A gate that hangs is shut; its command gets that many seconds.
PATIENCE = 15
MOMENT = 1  # seconds
LINES = 3  # the last ones of what came say what is wrong


@dataclass(frozen=True)
class Answer:
    """One gate's answer: open or shut, and the last lines that its command printed."""

    open: bool
    came: str


class GateAnswers(Fact[tuple[Answer, ...]]):
    """Ask any number of gate commands side by side; the answers have their order.

    One that is shut is asked once more a moment later: a machine that is busy answers late.
    """

    @staticmethod
    def default() -> tuple[Answer, ...]:
        return ()

    def command(self, commands: Sequence[str]) -> str:
        return Answers().command(commands, within=PATIENCE, errors=True, again=MOMENT)

    def process(self, output: Iterable[str]) -> tuple[Answer, ...]:
        return tuple(
            Answer(answer.status == 0, " / ".join(filter(None, answer.lines[-LINES:])))
            for answer in Answers().process(output)
        )
