"""Machines with a past: refused in sentences before anything is touched, or taken over.

What is refused is put on bare machines, many at once; then what is taken over, all of it together,
and one deploy does what it does on bare ones.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

import pytest

from lab import Lab, machines, states
from lab.machines import Machine
from lab.past import Past, pasts, put_on, rounds
from tests.lab.deploying import Run, await_shut, converge, deploy, planned

BARE = "pasts-bare"
TAKEN = [past for past in pasts() if not past.is_refused]
ROUNDS = rounds(past for past in pasts() if past.is_refused)
# A refusal's lines: the machine, and the sentence.
SENTENCE = re.compile(r"(?m)^ {4}(vm-\S+: .*)$")


@pytest.fixture(scope="module", autouse=True)
def bare(lab: Lab) -> Iterator[None]:
    """Machines that nothing was done to, and a state to come back to."""
    machines.reset(lab)
    states.save(lab, BARE)
    yield
    states.back(lab, BARE)
    states.forget(BARE)


def _all_on(lab: Lab, chosen: Sequence[Past]) -> None:
    named = {name for past in chosen for name in past.machines}
    machines.at_once(lambda it: put_on(it, chosen), machines.of(lab, sorted(named)))


@pytest.mark.parametrize("chosen", ROUNDS, ids=lambda it: ",".join(past.name for past in it)[:60])
def test_what_is_in_the_way_is_refused_all_at_once(lab: Lab, chosen: list[Past]) -> None:
    _all_on(lab, chosen)
    run = deploy("-y")
    named = sorted({name for past in chosen for name in past.machines})
    states.back(lab, BARE, named)
    expected = [
        (name, output) for p in chosen for name in p.machines for output in p.all("refused")
    ]
    output = SENTENCE.findall(run.said)
    missing = [
        pair for pair in expected if not any(_is_said(pair, sentence) for sentence in output)
    ]
    strange = [
        sentence for sentence in output if not any(_is_said(pair, sentence) for pair in expected)
    ]
    assert (run.status != 0, missing, strange) == (True, [], []), run.said[-4000:]
    assert "nothing was touched" in run.said
    assert "Traceback" not in run.said


def _is_said(pair: tuple[str, str], sentence: str) -> bool:
    name, part = pair
    return sentence.startswith(f"{name}: ") and part in sentence


@pytest.fixture(scope="module")
def taken_over(lab: Lab, bare: None) -> Run:
    """The run that takes everything over that can be taken over."""
    _all_on(lab, TAKEN)
    run = deploy("-y")
    assert run.status == 0, run.reason
    return run


def test_what_is_taken_over_is_said(taken_over: Run) -> None:
    expected = [part for past in TAKEN for part in past.all("noted")]
    assert [part for part in expected if part not in taken_over.said] == []


def test_a_second_run_changes_nothing_and_all_gates_are_open(taken_over: Run) -> None:
    assert converge() == {}
    await_shut()


@pytest.mark.parametrize("past", TAKEN, ids=lambda past: past.name)
def test_it_is_as_it_should_be(lab: Lab, taken_over: Run, past: Past) -> None:
    for machine in machines.of(lab, past.machines):
        for command in past.all("then"):
            assert _holds(machine, command), f"{machine.name}: {command}"


@pytest.mark.soak(reason="three machines boot, and a run waits")
def test_after_a_boot_nothing_has_come_back(lab: Lab, taken_over: Run) -> None:
    machines.at_once(Machine.reboot, machines.of(lab))
    converge()  # waits until everything is up
    await_shut()
    assert planned() == {}
    for past in TAKEN:
        for machine in machines.of(lab, past.machines):
            for command in past.all("then"):
                assert _holds(machine, command), f"{machine.name}: {command}"


def _holds(machine: Machine, command: str) -> bool:
    # A past may have taken sudo's own PATH away.
    asked = shlex.quote(f"PATH=/usr/sbin:/usr/bin; {command}")
    asked = f"sudo sh -c {asked} >/dev/null 2>&1 && echo yes"
    return machine.ssh(asked, check=False).strip().endswith("yes")
