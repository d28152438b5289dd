"""The lab's machines with a past: each file says what it is, and README has all of them."""

from __future__ import annotations

import subprocess

import pytest

from lab.past import README, TABLE, Past, pasts, rounds, table
from tests.unit.probes import MACHINES
from tests.unit.test_scripts import SHELLCHECK


@pytest.mark.parametrize("past", pasts(), ids=lambda past: past.name)
def test_a_past_says_what_it_is_where_and_who_has_met_it(past: Past) -> None:
    assert past.title.strip() and not past.title.startswith("#")
    assert past.machines
    assert set(past.machines) <= set(MACHINES)
    assert past.all("from")
    assert not (past.is_refused and (past.all("then") or past.all("noted")))
    parsed = subprocess.run(["sh", "-n"], input=past.script, capture_output=True, text=True)
    assert parsed.stderr == ""


def test_shellcheck_accepts_each_past() -> None:
    scripts = "\n".join(f"(\nset -e\n{past.script}\n)" for past in pasts())
    words = [str(SHELLCHECK), "--shell=sh", "--severity=warning", "-"]
    checked = subprocess.run(words, input=scripts, capture_output=True, text=True)
    assert checked.stdout == ""


def test_what_must_be_alone_shares_no_machine_with_another_past() -> None:
    first, *later = rounds(pasts())
    assert not any(past.all("alone") for past in first)
    for together in later:
        named = [name for past in together for name in past.machines]
        assert len(named) == len(set(named))


def test_readme_has_them_all() -> None:
    found = TABLE.search(README.read_text(encoding="utf-8"))
    assert found and found[0] == f"{table()}\n", "make docs"
