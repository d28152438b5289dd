"""docs/procedure.md, held against the code: its steps, the functions that do them, their gates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

import spec
from gates import gates
from spec.inventory import HostData
from tests.gate_hints import TOKENS, with_everything
from tests.unit.code import Module, modules
from tests.unit.doubles import CHECKOUT

PAGE = CHECKOUT / "docs" / "procedure.md"
STEP = r"[A-F]\d?"
# What a docstring begins with: "A1:", "B1-B6:", "C5, D2:", "B4 and the units:".
TAGS = re.compile(rf"((?:{STEP})(?:-{STEP})?(?:, (?:{STEP})(?:-{STEP})?)*)(?: and the units)?: ")


class Named(NamedTuple):
    """A function as the page names it, `tasks/common.py: name_machine`; "" is the whole file."""

    path: str
    function: str


@dataclass(frozen=True)
class Row:
    """A row of one of the page's tables."""

    step: str  # its letter and number; "" for what the procedure has no letter for
    title: str
    named: tuple[Named, ...]
    gates: tuple[str, ...]


def rows() -> list[Row]:
    columns: list[str] = []
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not columns:
            columns = cells
        elif not set(line) <= set("|-"):
            assert len(cells) == len(columns), line
            found.append(row(dict(zip(columns, cells, strict=True))))
    return found


def row(cells: dict[str, str]) -> Row:
    title = cells.get("step", "")
    step = re.match(rf"({STEP}) ", title)
    named = re.findall(r"`([\w./-]+)(?:: (\w+))?`", cells["here"])
    return Row(
        step[1] if step else "",
        title or cells["gate"],
        tuple(Named(*one) for one in named),
        tuple(re.findall(r'"([^"]+)"', cells["gate"])),
    )


def file_of(path: str) -> Path | None:
    """Where the page's paths are: here, or in the application's repository."""
    spots = [
        CHECKOUT / path,
        *CHECKOUT.glob(f"files/*/{path}"),
        *CHECKOUT.glob(f"templates/*/{path}.j2"),
    ]
    return next((spot for spot in spots if spot.is_file()), None)


def docstring_of(named: Named) -> str | None:
    """What a function of Python says, or its module where it says no step; None: there is none."""
    module = Module(CHECKOUT / named.path)
    for function in module.functions():
        if function.name == named.function:
            own = ast.get_docstring(function) or ""
            return own if steps(own) else ast.get_docstring(module.tree) or ""
    return None


def steps(docstring: str) -> set[str]:
    found = TAGS.match(docstring)
    return set(expanded(found[1])) if found else set()


def expanded(tags: str) -> Iterator[str]:
    """C1-C4, D1: each of the five."""
    for tag in tags.split(", "):
        first, _, last = tag.partition("-")
        ends = (int(first[1:]), int(last[1:])) if last else (0, -1)
        yield from (f"{first[0]}{n}" for n in range(ends[0], ends[1] + 1))
        if not last:
            yield first


def tagged() -> Iterator[tuple[Named, set[str]]]:
    """Every function, and module ("" for its function), whose docstring begins with steps."""
    for module in modules("tasks", "gates", "operate"):
        path = str(module.path.relative_to(CHECKOUT))
        told = [("", ast.get_docstring(module.tree) or "")]
        told += [(each.name, ast.get_docstring(each) or "") for each in module.functions()]
        for name, docstring in told:
            if steps(docstring):
                yield Named(path, name), steps(docstring)


def awaited(hosts: list[HostData]) -> set[str]:
    """Every gate of the shipped inventory, with a project and a runner and before there is one."""
    platforms = [spec.load(hosts)]
    with pytest.MonkeyPatch.context() as environment:
        for name, token in TOKENS.items():
            environment.setenv(name, token)
        platforms.append(with_everything(hosts))
    return {
        gate.awaits
        for platform in platforms
        for machine in platform.machines
        for gate in gates(platform, machine)
    }


def named(subject: Iterable[Row], step: str) -> set[Named]:
    return {one for each in subject if each.step == step for one in each.named}


def test_the_page_has_a_row_for_every_step() -> None:
    told = {each.step for each in rows()} - {""}
    letters = {"A": 4, "B": 6, "C": 5, "D": 4, "E": 2}
    procedure = {f"{letter}{n}" for letter, last in letters.items() for n in range(1, last + 1)}
    assert told == procedure | {"E", "F"}


def test_every_step_in_a_docstring_is_in_the_page_with_the_function_that_does_it() -> None:
    missing = []
    for function, tags in tagged():
        for step in tags:
            does = function.path.startswith("tasks/") and function.function
            wanted = {function} if does else set()
            if step not in {each.step for each in rows()} or not wanted <= named(rows(), step):
                missing.append(f"{step} {function.path}: {function.function}")
    assert missing == []
    assert len(list(tagged())) > 40


@pytest.mark.parametrize("each", rows(), ids=lambda each: each.title)
def test_what_a_row_names_is_there_and_says_the_same_step(each: Row) -> None:
    for one in each.named:
        path = file_of(one.path)
        assert path, f"{one.path} is not there"
        if one.function and path.suffix == ".py":
            docstring = docstring_of(one)
            assert docstring is not None, f"{one.path} has no {one.function}"
            if each.step and one.path.startswith("tasks/"):
                assert each.step in steps(docstring), f"{one.function} is of another step"
        elif one.function:
            text = path.read_text(encoding="utf-8")
            assert re.search(rf"(?m)^{one.function}\(\)", text), f"{one.path} has no {one.function}"


def test_a_row_with_a_letter_says_who_does_it() -> None:
    assert [each.title for each in rows() if each.step and not each.named] == []


def test_the_gates_in_the_page_are_those_of_the_platform(hosts: list[HostData]) -> None:
    told = [gate for each in rows() for gate in each.gates]
    assert sorted(told) == sorted(set(told)), "a gate in two rows"
    known = awaited(hosts)
    assert (set(told) - known, known - set(told)) == (set(), set()), "unknown, and left out"
