"""Shell that waits: it ends with what it waited for, not with the clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations import until
from tests.unit.doubles import sh, tool


@pytest.mark.parametrize(
    ("condition", "status"),
    [("true", 0), ("sleep 2", 0), ("false", 1), ("{ sleep 2; false; }", 1)],
    ids=["at once", "late, all the same", "never", "never, and late"],
)
def test_a_wait_ends_as_its_condition_does(condition: str, status: int) -> None:
    assert sh(until(condition, 1)).returncode == status


def test_a_wait_has_an_end_and_leaves_what_its_condition_said(tmp_path: Path) -> None:
    tool(tmp_path, "date", f"echo x >>{tmp_path}/clock; wc -l <{tmp_path}/clock")
    tool(tmp_path, "sleep", f"echo x >>{tmp_path}/slept")
    asked = until("{ said=refused; false; }", 5)
    done = sh(f"{asked} && echo yes; echo $said", tools=tmp_path)
    assert done.stdout == "refused\n"
    assert (tmp_path / "slept").read_text().count("x") == 4
