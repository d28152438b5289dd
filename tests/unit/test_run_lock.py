"""One run at a time: the lock lives as long as somebody holds its input, and says who that is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.preflight import lock as subject
from tests.unit.doubles import StubHost

ANNA = subject.me("192.168.56.1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@contextmanager
def asked(file: Path, who: str) -> Iterator[subprocess.Popen[str]]:
    """A run that asks for the lock, and holds it while its end of the connection is open."""
    words = ["bash", "-c", subject.HOLD, str(file), who, "0"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes) as run:
        yield run
        assert run.stdin
        run.stdin.close()


def told(run: subprocess.Popen[str]) -> str:
    assert run.stdout
    return run.stdout.readline().strip()


def test_a_second_run_learns_who_runs_and_the_next_one_gets_the_lock(file: Path) -> None:
    with asked(file, ANNA) as first:
        assert told(first) == "held"
        with asked(file, "ben") as second:
            assert told(second) == f"taken {ANNA}"
        assert file.stat().st_mode & 0o777 == 0o600
    with asked(file, "ben") as third:
        assert told(third) == "held"
        assert file.read_text() == "ben\n"


def test_a_run_that_was_killed_leaves_no_lock(file: Path) -> None:
    with asked(file, ANNA) as run, subprocess.Popen(["sleep", "60"], stdin=run.stdin) as killed:
        assert told(run) == "held"
        assert run.stdin
        run.stdin.close()  # now only the one that is killed has the other end
        killed.kill()
        killed.wait()
        assert run.wait(timeout=120) == 0


def test_who_runs_is_told_with_where_from_and_since_when() -> None:
    who, _, since = ANNA.partition(", since ")
    assert " on " in who
    assert who.endswith(" (192.168.56.1)")
    assert since[:2] == "20"


def test_a_lock_that_is_taken_is_told_once_for_all_of_its_machines() -> None:
    answers: Any = {StubHost(name): f"taken {ANNA}" for name in ("vm-docker", "vm-k8s")}
    answers[StubHost("vm-worker")] = "held"
    (mistake,) = subject.taken(answers)
    assert str(mistake).startswith(f"vm-docker, vm-k8s: another run is under way, by {ANNA}: ")


@pytest.mark.parametrize("answer", ["", "bash: not found", "taken"])
def test_a_machine_without_a_lock_is_told_too(answer: str) -> None:
    host: Any = StubHost("vm-docker")
    (mistake,) = subject.taken({host: answer})
    output = "by somebody: wait" if answer == "taken" else f"for this run: {answer or 'no answer'}"
    assert output in str(mistake)


def test_every_machine_is_told_of_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    later = SimpleNamespace(now=lambda: datetime.now() + timedelta(seconds=2))
    monkeypatch.setattr(subject, "datetime", later)
    assert subject.me("192.168.56.1") == ANNA
