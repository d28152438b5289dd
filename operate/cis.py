"""The CIS Kubernetes Benchmark, line by line, from what is set on the machines (`make cis`)."""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import repeat

from rich.console import Console

from facts.gates import GateAnswers
from operate import tables
from operate.benchmark import lines
from operate.benchmark.row import NO_ANSWER, Row, judged
from spec import Platform

STYLES = {"passed": "green", "accepted": "yellow", "failed": "bold red"}


def main() -> int:
    """Ask every line once; 1 when one failed, 2 when the settings are refused."""
    return tables.answer("make cis", __doc__, ask, show, is_well)


def ask(found: reach.Connected) -> list[Row]:
    """Every line of every node that was to be asked; a machine that cannot be has failed."""
    asked = {host: lines(found.platform, found.platform.machine(host.name)) for host in found.hosts}
    asked = {host: theirs for host, theirs in asked.items() if theirs}
    answers = reach.on_each(
        tuple(asked),
        lambda host: host.get_fact(GateAnswers, commands=[one.command for one in asked[host]]),
    )
    rows = [Row(one.where, "", "it can be asked", "failed", one.reason) for one in found.mute]
    return rows + [
        judged(host.name, line, answer)
        for host, theirs in asked.items()
        for line, answer in zip(
            theirs, (*answers[host], *repeat(NO_ANSWER, len(theirs))), strict=False
        )
    ]


def is_well(rows: Sequence[Row]) -> bool:
    """Whether any line was asked, and none failed."""
    return bool(rows) and not any(row.verdict == "failed" for row in rows)


def show(rows: Sequence[Row], _: Platform) -> None:
    """A table, and how many of each there are."""
    table = tables.table("host", "line", "what", "")
    for row in rows:
        title = f"{row.title}\n[dim]{row.why}[/dim]" if row.why else row.title
        style = STYLES[row.verdict]
        table.add_row(row.host, row.number, title, f"[{style}]{row.verdict}[/{style}]")
    console = Console()
    console.print(table)
    counts = Counter(row.verdict for row in rows)
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in STYLES), highlight=False)


if __name__ == "__main__":
    sys.exit(main())
