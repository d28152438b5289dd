"""Gates that are asked right here: in their order, one that hangs, one that is busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts.gates import Answer, GateAnswers
from gates.gate import once
from tests.unit.doubles import ask


def test_gates_are_asked_in_their_order_and_none_stops_the_next() -> None:
    shell = ["echo fine", "echo 'it'\"'\"'s shut'; exit 3", "seq 9; false", "read a", "nosuchtool"]
    answers = ask(GateAnswers, commands=shell)
    assert [answer.open for answer in answers] == [True, False, False, False, False]
    assert answers[0] == Answer(True, "fine")
    assert answers[1].came == "it's shut"
    assert answers[2].came == "7 / 8 / 9"
    assert "nosuchtool" in answers[4].came


def test_a_gate_that_hangs_is_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facts.gates.PATIENCE", 2)
    monkeypatch.setattr("facts.gates.MOMENT", 300)  # nobody waits as long for it again
    assert ask(GateAnswers, commands=["sleep 600", "true"]) == (Answer(False, ""), Answer(True, ""))


def test_a_gate_that_is_open_a_moment_later_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facts.gates.MOMENT", 0.2)
    count = f"echo >>{tmp_path}/%s; wc -l <{tmp_path}/%s"
    late = f"test $({count % ('late', 'late')}) -gt 1"
    asked = ask(GateAnswers, commands=[count % ("once", "once"), late, "echo no; false"])
    assert asked == (Answer(True, "1"), Answer(True, ""), Answer(False, "no"))


def test_one_that_is_an_attempt_is_asked_once(tmp_path: Path) -> None:
    attempt = f"echo >>{tmp_path}/attempts; false"
    assert ask(GateAnswers, commands=[once(attempt)]) == (Answer(False, ""),)
    assert (tmp_path / "attempts").read_text() == "\n"
    assert ask(GateAnswers, commands=[once("echo in")]) == (Answer(True, "in"),)
