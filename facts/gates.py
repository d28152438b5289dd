"""Whether gates are open, and what came where one is shut."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyinfra.api.facts import FactBase

# A gate that hangs is shut; its command gets that many seconds.
PATIENCE = 15


@dataclass(frozen=True)
class Answer:
    """One gate's answer: open or shut, and the last lines that its command printed."""

    open: bool
    came: str


class GateAnswers(FactBase[tuple[Answer, ...]]):
    """Run any number of gate commands, in their order, in one go."""

    @staticmethod
    def default() -> tuple[Answer, ...]:
        return ()

    def command(self, commands: Sequence[str]) -> str:
        asked = "".join(f"ask {shlex.quote(command)}\n" for command in commands)
        return (
            "ask() { "
            f'came=$(timeout {PATIENCE} sh -c "$1" 2>&1 </dev/null); echo "@gate $?"; '
            "printf '%s\\n' \"$came\" | tail -n 3; }\n" + asked + ":"
        )

    def process(self, output: Iterable[str]) -> tuple[Answer, ...]:
        answers: list[tuple[bool, list[str]]] = []
        for line in output:
            if line.startswith("@gate "):
                answers.append((line == "@gate 0", []))
            elif answers:
                answers[-1][1].append(line)
        return tuple(Answer(is_open, " / ".join(filter(None, came))) for is_open, came in answers)
