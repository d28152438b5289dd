"""Many commands in one go: side by side, each with its own answer, in their order."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact

FINAL = 124  # what `timeout` ends with, and who does not want to be run again
AT_ONCE = 8  # most of them wait for an answer of somebody else


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it printed; FINAL for one that took too long."""

    status: int
    lines: tuple[str, ...]


class Answers(Fact[tuple[Answer, ...]]):
    """Run any number of shell commands at once; `within` so many seconds each, where that is set.

    With `errors` an answer holds what a command says on standard error as well. With `again` what
    has failed is run once more so many seconds later, but for what took too long or ended so.
    """

    @staticmethod
    def default() -> tuple[Answer, ...]:
        return ()

    def command(
        self, commands: Sequence[str], within: float = 0, errors: bool = False, again: float = 0
    ) -> str:
        run = f'timeout {within} sh -c "$text"' if within else '(set +C --; eval "$text")'
        output = "2>&1" if errors else "2>/dev/null"
        # In this shell, where that may be: another one costs as much as most questions do.
        lane = f"""lane() {{
  set -C; n=-1
  for text; do
    n=$((n + 1)); was=
    {{ read -r was <"$folder/$n.ended"; }} 2>/dev/null
    case $was in 0|{FINAL}) continue ;; esac
    {{ true >"$folder/$n.turn.$round"; }} 2>/dev/null || continue
    {run} </dev/null >|"$folder/$n" {output}
    echo $? >|"$folder/$n.ended"
  done
}}"""
        lanes = " ".join(['lane "$@" &'] * min(AT_ONCE, len(commands)))
        failed = f'grep -qvxE "0|{FINAL}" "$folder"/*.ended'
        once_more = f"if {failed}; then sleep {again}; round=2; {lanes} wait; fi; " if again else ""
        # Each writes to a file of its own, where nobody else may look: no two answers mix. The lane
        # that makes the file of a turn has it: with -C nobody else can.
        return (
            "folder=$(mktemp -d -p /run 2>/dev/null || mktemp -d) || exit 0; "
            "trap 'rm -rf \"$folder\"' EXIT; trap 'exit 1' HUP INT TERM\n"
            f"{lane}\nset -- {shlex.join(commands)}\nround=1; {lanes} wait; {once_more}"
            "cd \"$folder\" && awk '{print FILENAME, $0}' *"
        )

    def process(self, output: Iterable[str]) -> tuple[Answer, ...]:
        ended: dict[int, int] = {}
        printed: dict[int, list[str]] = {}
        for line in output:
            number, _, text = line.partition(" ")
            if number.endswith(".ended"):
                ended[int(number.removesuffix(".ended"))] = int(text)
            else:
                printed.setdefault(int(number), []).append(text)
        return tuple(Answer(ended[n], tuple(printed.get(n, ()))) for n in sorted(ended))
