"""A question to every machine, answered with a table for a person, or with JSON."""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from rich.table import Table

from operate import arguments
from spec import Platform

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


def answer(
    program: str,
    promise: str | None,
    ask: Callable[..., list[R]],
    show: Callable[[Sequence[R], Platform], None],
    is_well: Callable[[Sequence[R]], bool],
    besides: Callable[[reach.Connected], list[str]] = lambda _: [],
    **flags: str,
) -> int:
    """Ask the machines that the command line names, show the rows; the exit status of it.

    0 when all is well, 1 when not, 2 when the settings are refused. What is asked `besides` is told
    to a person, below the table. `flags` are arguments of `ask`, False unless the command line has
    them, each with its help.
    """
    parser = arguments.parser(program, promise)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    for name, told in flags.items():
        parser.add_argument(f"--{name}", action="store_true", help=told)
    options = parser.parse_args()
    try:
        with reach.connected(options.inventory, options.group_data, options.limit) as found:
            rows = ask(found, **{name: getattr(options, name) for name in flags})
            sentences = [] if options.json else besides(found)
    except reach.PyinfraError as refused:
        print(refused, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        show(rows, found.platform)
        for sentence in sentences:
            print(sentence)
    return 0 if is_well(rows) else 1


def table(*headings: str) -> Table:
    """An empty one."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        justify = "right" if heading == "days" else "left"
        made.add_column(heading, overflow="fold", justify=justify)  # type: ignore[arg-type]
    return made
