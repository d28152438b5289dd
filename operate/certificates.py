"""When each certificate and token of the platform ends (`make certificates`).

Exit status 1 if one has fewer days than a gate wants, or cannot be asked. With --renew machines
renew now what is theirs to renew and has few days left; only what reads it is restarted.
"""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from operate import tables
from operate.ends import Row, of_gitlab, of_here, of_machine, renewed, told
from spec import Platform
from spec.certificate import LEAST_DAYS, RENEWED_DAYS


def main() -> int:
    """Show the table; 2 when the settings are refused."""
    return tables.answer(
        "make certificates", __doc__, ask, show, is_well, renew="renew what has few days left"
    )


def ask(found: reach.Connected, renew: bool = False) -> list[Row]:
    """Everything that ends, the machines' own first; renewed before where that is wanted."""
    today = datetime.now(UTC).date()
    ends = reach.on_each(found.hosts, renewed if renew else told)
    rows = [Row(it.where, "everything", "", None, it.reason) for it in found.mute]
    for host, own in ends.items():
        rows += of_machine(found.platform, host.name, own)
    return [*rows, *of_here(found.platform, today), *of_gitlab(found.platform, today)]


def show(rows: Sequence[Row], _: Platform) -> None:
    """A table, coloured by how many days are left; what needs somebody is counted below it."""
    table = tables.table("host", "what", "ends", "days", "renewed by")
    for row in rows:
        days = "?" if row.days is None else f"{row.days}"
        table.add_row(row.host, row.path, row.date, f"[{_style(row)}]{days}[/]", row.renewed)
    console = Console()
    console.print(table)
    short = sum(row.is_within(LEAST_DAYS) for row in rows)
    style = "bold red" if short else "bold green"
    console.print(f"[{style}]{len(rows) - short} of {len(rows)} last another {LEAST_DAYS} days[/]")


def is_well(rows: Sequence[Row]) -> bool:
    """Whether everything lasts as long as a gate wants."""
    return not any(row.is_within(LEAST_DAYS) for row in rows)


def _style(row: Row) -> str:
    if row.is_within(LEAST_DAYS):
        return "bold red"
    return "yellow" if row.is_within(RENEWED_DAYS) else "green"


if __name__ == "__main__":
    sys.exit(main())
