"""All gates of all machines as a table (`make status`); exit status 1 if one is shut."""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import repeat

from rich.console import Console
from rich.table import Table

from facts.gates import Answer, GateAnswers
from gates import Gate, by_layer
from operate import arguments
from spec import Mistake, Platform

NO_ANSWER = Answer(False, "no answer")


@dataclass(frozen=True)
class Row:
    """A gate of a machine, and its answer."""

    host: str
    layer: str
    gate: str
    open: bool
    came: str
    hint: str


def main() -> int:
    """Ask every gate once and show the answers; 2 when the settings are refused."""
    parser = arguments.parser("make status", __doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    try:
        rows, to_do = ask(options.inventory, options.group_data, options.limit)
    except reach.PyinfraError as refused:
        print(refused, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        show(rows, to_do)
    return 0 if all(row.open for row in rows) else 1


def ask(
    inventory: str, group_data: list[str], limit: Sequence[str] = ()
) -> tuple[list[Row], tuple[str, ...]]:
    """Every gate of every machine, or of a limit, all at once; and what is left to do.

    A machine that cannot be asked has a row of its own, which says why.
    """
    with reach.connected(inventory, group_data, limit) as found:
        asked = {host: _gates(found.platform, host.name) for host in found.hosts}
        answers = reach.on_each(
            found.hosts,
            lambda host: host.get_fact(
                GateAnswers, commands=[gate.command for _, gate in asked[host]]
            ),
        )
    rows = [_mute(mistake) for mistake in found.mute]
    rows += [
        _row(host.name, layer, gate, answer)
        for host in found.hosts
        for (layer, gate), answer in zip(asked[host], _all(answers[host]), strict=False)
    ]
    return rows, found.platform.to_do


def show(rows: list[Row], to_do: Sequence[str]) -> None:
    """A table, the shut gates with what came and what to look at; then what is left to do."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("host", "layer", "gate", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        verdict = "[green]open[/green]" if row.open else "[bold red]shut[/bold red]"
        gate = row.gate if row.open else f"{row.gate}\n[dim]came: {row.came or 'nothing'}"
        if not row.open:
            gate += f"\nlook at: {row.hint}[/dim]"
        table.add_row(row.host, row.layer, gate, verdict)
    console = Console()
    console.print(table)
    shut = sum(not row.open for row in rows)
    style = "bold red" if shut else "bold green"
    console.print(f"[{style}]{len(rows) - shut} of {len(rows)} gates are open[/{style}]")
    for sentence in to_do:
        console.print(f"to do: {sentence}", highlight=False)


def _gates(platform: Platform, host: str) -> list[tuple[str, Gate]]:
    """The gates of a machine, each with its layer."""
    layers = by_layer(platform, platform.machine(host))
    return [(layer, gate) for layer, gates in layers.items() for gate in gates]


def _all(answers: Sequence[Answer]) -> Iterator[Answer]:
    """And what a machine says no more whose connection broke meanwhile."""
    yield from answers
    yield from repeat(NO_ANSWER)


def _mute(mistake: Mistake) -> Row:
    hint = "its console; what is below says what the others have without it"
    return Row(mistake.where, "preflight", "it can be asked", False, mistake.reason, hint)


def _row(host: str, layer: str, gate: Gate, answer: Answer) -> Row:
    return Row(host, layer, gate.awaits, answer.open, answer.came, gate.hint)


if __name__ == "__main__":
    sys.exit(main())
