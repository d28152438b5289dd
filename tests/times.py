"""How long each suite and each test took, from the reports that pytest has written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.table import Table

SLOWEST = 10  # tests
WIDE = 160  # columns: what goes into a file has no width, and names are long


@dataclass(frozen=True)
class Took:
    """One test: the suite that it belongs to, and its seconds with all that was made for it."""

    suite: str
    test: str
    seconds: float


def read(report: Path, where: str) -> list[Took]:
    """The tests of a JUnit report; nothing where pytest was ended before it wrote one."""
    if not report.exists():
        return []
    cases = ElementTree.parse(report).getroot().iter("testcase")
    return [
        Took(_suite(where, case.get("classname", "")), case.get("name", ""), _seconds(case))
        for case in cases
    ]


def show(reports: Mapping[str, Sequence[Path]]) -> None:
    """Print each suite's time, and the slowest tests of all."""
    took = [one for where, each in reports.items() for it in each for one in read(it, where)]
    suites: dict[str, list[float]] = {}
    for one in took:
        suites.setdefault(one.suite, []).append(one.seconds)
    rows = [(suite, f"{len(each)}", f"{sum(each):.0f}") for suite, each in suites.items()]
    _print("each suite's time", ("suite", "tests", "seconds"), rows)
    slowest = sorted(took, key=lambda one: -one.seconds)[:SLOWEST]
    tests = [(one.suite, one.test, f"{one.seconds:.0f}") for one in slowest]
    _print(f"the {SLOWEST} slowest tests", ("suite", "test", "seconds"), tests)


def _suite(where: str, module: str) -> str:
    """A file is a suite; those of the unit tests are small, and count as one."""
    return where if ".unit." in module else f"{where}: {module.rpartition('.')[2]}"


def _seconds(case: ElementTree.Element) -> float:
    return float(case.get("time", "0"))


def _print(title: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        right = heading in ("tests", "seconds")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    print(f"--- {title}", flush=True)
    Console(width=WIDE, highlight=False).print(table)
