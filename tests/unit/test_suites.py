"""What `make test` runs: all, or what its arguments name; and what it says of each suite's time."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab import BY_HAND, outer
from tests import __main__ as subject
from tests import suites, times
from tests.lab import conftest as of_machines
from tests.suites import FIRST, LAB, LIVE, QUEUE, STANDS, Deployed

REPORT = """<testsuites><testsuite>
<testcase classname="tests.lab.test_edge" name="test_slow[real]" time="61.5"/>
<testcase classname="tests.lab.test_edge" name="test_quick" time="0.5"/>
<testcase classname="tests.unit.test_spec" name="test_a" time="0.25"/>
<testcase classname="tests.unit.test_git" name="test_b" time="0.5"/>
</testsuite></testsuites>"""


def test_every_suite_is_run_once() -> None:
    files = [path for group in (FIRST, *QUEUE) for path in group.places]
    assert sorted(files) == sorted((LIVE, *LAB.rglob("test_*.py")))


def test_what_names_no_place_means_everything() -> None:
    part = suites.part(["-k", "power or cut", "-x"])
    assert part.is_everything
    assert part.options == ("-k", "power or cut", "-x")


@pytest.mark.parametrize(
    ("word", "live"),
    [("tests/lab/test_edge.py::test_x[1]", False), ("tests/lab", False), ("tests/live", True)],
)
def test_what_is_of_machines_gets_some(word: str, live: bool) -> None:
    part = suites.part([word, "tests/unit/test_spec.py", "-k", "edge"])
    assert not part.is_everything
    assert (part.on_machines, part.unit) == ((word,), ("tests/unit/test_spec.py",))
    assert part.options == ("-k", "edge")
    assert part.is_live is live


def test_each_suite_has_its_time_and_the_slowest_tests_come_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    times.show({"lab a": [report], "lab that never began": [tmp_path / "none.xml"]})
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["lab", "a:", "test_edge", "2", "62"] in rows
    assert ["lab", "a", "2", "1"] in rows
    assert rows[-4] == ["lab", "a:", "test_edge", "test_slow[real]", "62"]


Ran = list[tuple[str, tuple[str | Path, ...], str]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """What was run in whose name, and what a lab was said to have; the one of gates fails."""
    seen: Ran = []

    def run(title: str, command: suites.Command, by_line: bool = False, **extra: str) -> int:
        seen.append((title, command, extra.get(STANDS, "")))
        return 1 if LAB / "test_gates.py" in command else 0

    monkeypatch.setattr(subject, "_run", run)
    monkeypatch.setattr(outer, "check", lambda: None)
    monkeypatch.setattr(outer, "install", lambda _: None)
    monkeypatch.setenv(BY_HAND, "1")
    return seen


def test_two_labs_share_all_suites_and_one_that_fails_fails_the_run(
    tmp_path: Path, ran: Ran
) -> None:
    assert subject.Run(suites.part([]), tmp_path, suites.FEW).on_machines() == 1
    suites_run = [word for _, command, _ in ran for word in command if isinstance(word, Path)]
    assert sorted(suites_run) == sorted((LIVE, *LAB.rglob("test_*.py")))
    for name in suites.NAMES:
        own = [one for one in ran if one[0].split()[1] == name]
        assert [own[0][1][-1], own[-1][1][-1]] == ["up", "clean"]
        for (_, before, _), (_, _, stands) in pairwise(own[:-1]):
            if before[-1] == "up" or LAB / "test_gates.py" in before:
                assert stands == str(int(Deployed.NOTHING))


def test_a_part_has_one_lab_which_is_judged_by_what_it_is_like(tmp_path: Path, ran: Ran) -> None:
    part = suites.part(["tests/lab/test_gates.py::test_a", "-x"])
    assert subject.Run(part, tmp_path, suites.FEW).on_machines() == 0
    (_, up, _), (_, tests, stands), (_, clean, _) = ran
    assert (up[-1], clean[-1]) == ("up", "clean")
    assert "tests/lab/test_gates.py::test_a" in tests
    assert stands == ""


def test_a_lab_without_a_cluster_first_does_what_needs_none() -> None:
    queue = subject.Queue(QUEUE)
    taken = [queue.next(whole=False) for _ in QUEUE]
    needs_all = [group.on == Deployed.ALL for group in taken if group]
    assert needs_all == sorted(needs_all)
    assert len(needs_all) == len(QUEUE)
    assert queue.next(whole=True) is None


@pytest.mark.parametrize(
    ("rounds", "outcome"),
    [
        (suites.FEW, pytest.raises(pytest.skip.Exception, match=r"^make soak: it takes hours$")),
        (suites.MANY, nullcontext()),
    ],
)
def test_what_takes_long_is_left_to_make_soak(
    monkeypatch: pytest.MonkeyPatch, rounds: int, outcome: AbstractContextManager[object]
) -> None:
    monkeypatch.setenv("ROUNDS", str(rounds))
    marker = pytest.mark.soak(reason="it takes hours").mark
    item = cast(pytest.Item, SimpleNamespace(get_closest_marker={"soak": marker}.get))
    with outcome:
        of_machines.pytest_runtest_setup(item)
