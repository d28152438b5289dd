"""What `make test` runs: all, or what its arguments name; and what it says of each suite's time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import suites, times
from tests.suites import LAB, LIVE, ON_MACHINES

REPORT = """<testsuites><testsuite>
<testcase classname="tests.lab.test_edge" name="test_slow[real]" time="61.5"/>
<testcase classname="tests.lab.test_edge" name="test_quick" time="0.5"/>
<testcase classname="tests.unit.test_spec" name="test_a" time="0.25"/>
<testcase classname="tests.unit.test_git" name="test_b" time="0.5"/>
</testsuite></testsuites>"""


def test_every_suite_is_on_one_lab() -> None:
    files = [path for places in ON_MACHINES.values() for path in places if path != LIVE]
    assert sorted(files) == sorted(LAB.rglob("test_*.py"))
    assert sum(LIVE in places for places in ON_MACHINES.values()) == 1


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
    times.show({"lab a": report, "lab that never began": tmp_path / "none.xml"})
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["lab", "a:", "test_edge", "2", "62"] in rows
    assert ["lab", "a", "2", "1"] in rows
    assert rows[-4] == ["lab", "a:", "test_edge", "test_slow[real]", "62"]
