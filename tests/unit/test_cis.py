"""The benchmark's lines: the shell that they are made of, and what their answers mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts.gates import Answer
from operate.benchmark import Line, lines
from operate.benchmark.line import argument, closed, lacks
from operate.benchmark.row import NO_ANSWER, judged
from spec import Platform
from tests.unit.doubles import sh, tool
from tests.unit.shells import writes

PLAIN = Line("1.2.3", "a title", "true")
ACCEPTED = Line("1.2.3", "a title", "true", "a reason")


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """Where processes are, with one that runs: a kube-apiserver."""
    (tmp_path / "7").mkdir()
    words = ("kube-apiserver", "--profiling=false", "--authorization-mode=Node,RBAC")
    (tmp_path / "7/cmdline").write_text("\0".join((*words, "")))
    tool(tmp_path / "bin", "pgrep", '[ "$2" = kube-apiserver ] && echo 7')
    return tmp_path


def follows(command: str, running: Path) -> bool:
    done = sh(command.replace("/proc/", f"{running}/"), tools=running / "bin")
    return done.returncode == 0


@pytest.mark.parametrize(
    ("command", "follows_it"),
    [
        (argument("kube-apiserver", "profiling=false"), True),
        (argument("kube-apiserver", "profiling=true"), False),
        (argument("kube-apiserver", "authorization-mode=.*RBAC.*"), True),
        (argument("kube-apiserver", "mode=.*"), False),
        (argument("etcd", "profiling=false"), False),
        (lacks("kube-apiserver", "token-auth-file=.*"), True),
        (lacks("kube-apiserver", "profiling=.*"), False),
        (lacks("etcd", "auto-tls=true"), False),  # nothing is known of one that does not run
    ],
)
def test_what_a_program_runs_with_is_read_of_itself(
    running: Path, command: str, follows_it: bool
) -> None:
    assert follows(command, running) is follows_it


@pytest.mark.parametrize(
    ("mode", "wanted", "follows_it"),
    [
        (0o600, "600", True),
        (0o400, "600", True),
        (0o640, "600", False),
        (0o644, "644", True),
        (0o664, "644", False),
        (0o4600, "600", False),
    ],
)
def test_a_file_is_no_wider_than_it_may_be(
    tmp_path: Path, mode: int, wanted: str, follows_it: bool
) -> None:
    file = tmp_path / "a.key"
    file.write_text("")
    file.chmod(mode)
    command = closed(f"{tmp_path} -name '*.key'", wanted)
    # Whoever runs this stands for root.
    owner = f"{file.owner()}", f"{file.group()}"
    command = command.replace("-user root", f"-user {owner[0]}")
    done = sh(command.replace("-group root", f"-group {owner[1]}"))
    assert (done.returncode == 0) is follows_it
    assert ("a.key" in done.stdout) is not follows_it


def test_a_file_that_is_not_there_is_no_good_one(tmp_path: Path) -> None:
    assert sh(closed(f"{tmp_path}/none", "600")).returncode != 0


@pytest.mark.parametrize(
    ("line", "answer", "verdict", "why"),
    [
        (PLAIN, Answer(True, "x"), "passed", ""),
        (ACCEPTED, Answer(True, "x"), "passed", ""),
        (PLAIN, Answer(False, "x"), "failed", "x"),
        (PLAIN, Answer(False, ""), "failed", "nothing came"),
        (ACCEPTED, Answer(False, "x"), "accepted", "a reason"),
        (ACCEPTED, NO_ANSWER, "failed", "no answer"),
    ],
)
def test_an_answer_is_a_verdict(line: Line, answer: Answer, verdict: str, why: str) -> None:
    row = judged("vm-k8s", line, answer)
    assert (row.verdict, row.why) == (verdict, why)


@pytest.mark.parametrize(
    ("machine", "least"), [("vm-docker", 0), ("vm-k8s", 80), ("vm-worker", 20)]
)
def test_each_line_stands_once_in_its_order_and_only_reads(
    platform: Platform, machine: str, least: int
) -> None:
    found = lines(platform, platform.machine(machine))
    numbers = [line.number for line in found]
    assert len(numbers) == len(set(numbers)) >= least
    assert bool(numbers) is bool(least)
    for line in found:
        assert writes(line.command) == [], line.number


def test_what_failed_before_is_asked(platform: Platform) -> None:
    """kube-bench's eleven, of what the platform was in its first version."""
    asked = " ".join(line.number for line in lines(platform, platform.control))
    first = ("1.1.12", "1.2.5", *(f"1.2.{n}" for n in range(15, 20)), "1.2.30", "1.3.2", "1.4.1")
    assert [number for number in (*first, "4.1.1") if number not in asked.split()] == []
