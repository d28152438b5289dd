"""Commands of the outer machine: however one is run, its failure is told in the same words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import progress, verbs
from lab.shell import CommandFailed, follow, run

Way = Callable[..., object]


def followed(*command: str, timeout: float = 60) -> None:
    follow(*command, tell=lambda _: None, timeout=timeout)


@pytest.fixture(params=[run, followed], ids=["run", "follow"])
def way(request: pytest.FixtureRequest) -> Way:
    chosen: Way = request.param
    return chosen


def test_a_status_is_told_with_the_end_of_what_was_printed(way: Way) -> None:
    with pytest.raises(CommandFailed) as failed:
        way("sh", "-c", "seq 20; exit 3")
    first, *output = str(failed.value).splitlines()
    assert first == "sh -c 'seq 20; exit 3': exit status 3"
    assert output == [str(number) for number in range(6, 21)]


def test_no_end_is_told_as_such(way: Way) -> None:
    with pytest.raises(CommandFailed, match=r"^sleep 60: no end after 0\.1 s$"):
        way("sleep", "60", timeout=0.1)


def test_what_is_not_installed_is_told_as_such(way: Way) -> None:
    with pytest.raises(CommandFailed, match=r"^no-such-program: not installed "):
        way("no-such-program")


def test_each_line_is_handed_on_when_it_comes() -> None:
    told: list[str] = []
    follow("sh", "-c", "echo one; echo two >&2", tell=told.append, timeout=60)
    assert told == ["one", "two"]


def test_a_command_ends_with_whoever_listens() -> None:
    def refuse(line: str) -> None:
        raise KeyboardInterrupt(line)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        follow("sh", "-c", "echo one; exec sleep 60", tell=refuse, timeout=60)
    assert time.monotonic() - began < 30


def test_a_thread_tells_of_its_own_steps_only() -> None:
    told: list[str] = []
    own = progress.shown.set(told.append)
    try:
        thread = threading.Thread(target=progress.tell, args=("of another thread",))
        thread.start()
        thread.join()
        progress.tell("of this one")
    finally:
        progress.shown.reset(own)
    assert told == ["of this one"]


def test_after_a_step_the_one_around_it_tells_again() -> None:
    before = progress.shown.get()
    with progress.step("outer"):
        around = progress.shown.get()
        with pytest.raises(ValueError, match="inner"), progress.step("inner"):
            raise ValueError("inner")
        assert progress.shown.get() is around
    assert progress.shown.get() is before


@pytest.mark.parametrize(("then", "status"), [("exit 0", 130), ("exit 7", 7)])
def test_a_command_that_control_c_ended_did_not_end_well(then: str, status: int) -> None:
    pressed = ("sh", "-c", f"kill -INT $PPID; sleep 0.1; {then}")
    assert verbs._with_terminal(pressed, Path.cwd()) == status
    assert verbs._with_terminal(("true",), Path.cwd()) == 0
