"""From bare to done, killed on the way; then nothing is left to do."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from itertools import cycle, islice

import pytest

from lab import Lab, machines
from lab.mirror import faults
from tests.lab.deploying import deploy, kill_after, planned
from tests.lab.labs import interrupt, verb


@pytest.fixture(scope="module", autouse=True)
def machines_on(lab: Lab) -> Iterator[None]:
    machines.at_once(machines.Machine.power_on, machines.of(lab))
    yield


def test_a_mirror_that_answers_500_is_named_and_the_next_run_goes_on(lab: Lab) -> None:
    with faults.answers_500(lab, "debian"):
        run = deploy("-y", "--limit", "vm-k8s")
    assert run.status != 0
    assert "500" in run.said
    assert "Traceback" not in run.said


def test_killed_at_random_moments_a_run_to_the_end_repairs_it(lab: Lab, rounds: int) -> None:
    def control_c(seconds: float) -> None:
        """On `make lab`, in its deploy."""
        interrupt(lab, seconds, signal.SIGINT)

    def kill_9(seconds: float) -> None:
        interrupt(lab, seconds, signal.SIGKILL)

    chance = random.Random(20261124)
    for ended in islice(cycle((control_c, kill_9, kill_after)), max(rounds, 3)):
        ended(chance.uniform(1, 50))
    done = verb(lab)  # all of `make lab` again
    assert done.returncode == 0, done.stderr[-4000:]


def test_a_second_run_changes_nothing_and_says_so_to_a_person() -> None:
    run = deploy("-y")
    assert run.status == 0, run.reason
    assert "--> 0 changed, " in run.said


def test_a_dry_run_has_nothing_to_say() -> None:
    assert planned() == {}


def test_a_limited_run_and_a_narrow_one_change_nothing_either() -> None:
    for arguments in (("--limit", "vm-docker"), ("--limit", "k8s_node"), ("--parallel", "1")):
        run = deploy("-y", "--json", *arguments)
        assert run.status == 0, run.reason
        assert run.changes == {}


def test_options_that_break_the_order_of_layers_are_refused() -> None:
    for option in ("--serial", "--no-wait"):
        run = deploy("-y", option)
        assert run.status != 0
        assert f"{option} is refused" in run.said
        assert "Connecting" not in run.said
