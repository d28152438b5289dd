"""What a distribution has for its machines comes to them, one after the other: `make update`.

On one worker, and on several (`WORKERS=3`), where a client then asks all the time.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab.clients import Client, asking, served
from tests.lab.cluster import ready, until
from tests.lab.deploying import Run, await_shut, deploy, start, status
from tests.lab.offered import NEW, OLD, offered, version

SCRIPT = "operate/update.py"
BOOT = "cat /proc/sys/kernel/random/boot_id"


def update(*arguments: str) -> Run:
    return deploy(*arguments, script=SCRIPT)


def has_others() -> bool:
    """Whether pods of vm-worker have somewhere to go."""
    return sum(name.startswith("vm-worker") for name in ready()) > 1


@pytest.fixture(scope="module", autouse=True)
def waiting(converged: None, lab: Lab, worker: Machine) -> Iterator[None]:
    """A package for security that waits on vm-worker, and nothing else."""
    with served() if len(machines.of(lab)) > 3 else nullcontext():
        others = [machine for machine in machines.of(lab) if machine.name != worker.name]
        with offered(worker, others):
            yield


def test_what_waits_is_counted_and_named_and_a_plan_leaves_it(worker: Machine) -> None:
    told = status()
    assert told.returncode == 0, "what waits shuts no gate"
    assert "make update: vm-worker: 1 package waits, 1 of them for security" in told.stdout
    run = update("--dry")
    assert run.status == 0, run.reason
    assert f"tide {OLD} -> {NEW}" in run.said
    assert "[vm-docker] nothing waits" in run.said, "newer ones of what is pinned are there"
    assert "[vm-k8s] nothing waits" in run.said, "newer ones of what is held are there"
    assert version(worker) == OLD


def test_no_machine_is_updated_while_a_gate_is_shut(docker: Machine, worker: Machine) -> None:
    docker.ssh("sudo systemctl unmask apt-daily.timer")
    try:
        run = update("-y")
    finally:
        docker.ssh("sudo systemctl mask apt-daily.timer")
    assert run.status != 0
    assert "gate stayed shut: automatic updates are off" in run.said
    assert version(worker) == OLD


@pytest.mark.soak(reason="an update that reboots is in every run")
def test_one_that_is_killed_goes_on_and_its_machine_starts_anew(worker: Machine) -> None:
    before, began = worker.ssh(BOOT), time.monotonic()
    with asking() if has_others() else nullcontext(Client()) as client:
        first = start("-y", script=SCRIPT)
        until(lambda: version(worker) == NEW, "the package is there")
        first.send_signal(signal.SIGKILL)
        first.wait()
        time.sleep(10)  # where it was told to reboot it does
        until(lambda: bool(worker.ssh(BOOT, check=False)), "vm-worker answers")
        run = update("-y")
        assert run.status == 0, run.reason
    print(
        f"after {time.monotonic() - began:.0f} s; asked {client.asked} times, {client.again} again"
    )
    assert client.failed == []
    assert worker.ssh(BOOT) != before
    await_shut()


def test_a_run_reboots_and_goes_on_and_the_next_one_does_nothing(worker: Machine) -> None:
    before = worker.ssh(BOOT)
    worker.ssh("sudo touch /run/reboot-required")
    run = update("-y")
    assert run.status == 0, run.reason
    assert "reboots: asked for" in run.said
    assert worker.ssh(BOOT) != before
    assert version(worker) == NEW
    await_shut()
    again = update("-y", "--json")
    assert again.status == 0, again.reason
    assert again.changes == {}
