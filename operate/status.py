"""All gates of all machines as a table (`make status`); exit status 1 if one is shut."""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import sys
from collections.abc import Iterator, Sequence
from itertools import repeat

from rich.console import Console

from facts.gates import Answer, GateAnswers
from facts.updates import Updates
from gates import Gate, by_layer
from operate import tables
from operate.rows import Row
from operate.updatable import told
from spec import Mistake, Platform

NO_ANSWER = Answer(False, "no answer")


def main() -> int:
    """Ask every gate once and show the answers; 2 when the settings are refused."""
    return tables.answer(
        "make status",
        __doc__,
        ask,
        show,
        lambda rows: all(row.open for row in rows),
        lambda found: [f"make update: {host}: {text}" for host, text in updates(found).items()],
    )


def updates(found: reach.Connected) -> dict[str, str]:
    """What waits of the distribution's packages, by machine, where anything does.

    No gate: one that the passing of time shuts would keep people from deploying.
    """
    states = reach.on_each(found.hosts, lambda host: host.get_fact(Updates))
    return {host.name: sentence for host, state in states.items() if (sentence := told(state))}


def ask(found: reach.Connected) -> list[Row]:
    """Every gate of every machine that was to be asked, all at once.

    A machine that cannot be asked has a row of its own, which says why.
    """
    asked = {host: _gates(found.platform, host.name) for host in found.hosts}
    answers = reach.on_each(
        found.hosts,
        lambda host: host.get_fact(GateAnswers, commands=[gate.command for _, gate in asked[host]]),
    )
    return [_mute(mistake) for mistake in found.mute] + [
        _row(host.name, layer, gate, answer)
        for host in found.hosts
        for (layer, gate), answer in zip(asked[host], _all(answers[host]), strict=False)
    ]


def show(rows: Sequence[Row], platform: Platform) -> None:
    """A table, the shut gates with what came and what to look at; then what is left to do."""
    table = tables.table("host", "layer", "gate", "")
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
    for sentence in platform.to_do:
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
