"""Every gate, seen shut: its subject is broken, it says so, and opens again when it is mended."""

from __future__ import annotations

import pytest

from lab import Lab, machines
from lab.machines import Machine
from spec import Platform
from tests.lab import registry
from tests.lab.breaks import BREAKS, NOT_HERE
from tests.lab.breaks_cluster import CLUSTER_BREAKS
from tests.lab.breaks_firewall import FIREWALL_BREAKS
from tests.lab.deploying import await_shut, converge, deploy, shut_gates

pytestmark = pytest.mark.usefixtures("converged")
EVERY = BREAKS | CLUSTER_BREAKS | FIREWALL_BREAKS


def test_every_gate_has_something_that_breaks_it(lab: Lab, platform: Platform) -> None:
    from gates import gates

    asked = {
        "vm-worker": ("common", "k8s_node", "k8s_worker"),
        "vm-docker": ("docker_host", "application"),
        "vm-k8s": ("k8s_control", "cluster"),
    }
    awaited = {
        gate.awaits
        for name, layers in asked.items()
        for layer in layers
        for gate in gates(platform, platform.machine(name), layer)
    }
    assert awaited == set(EVERY) | NOT_HERE


@pytest.mark.parametrize("number", sorted({broken.round for broken in EVERY.values()}))
def test_a_gate_shuts_when_its_subject_breaks(lab: Lab, docker: Machine, number: int) -> None:
    round_ = {gate: broken for gate, broken in EVERY.items() if broken.round == number}
    registry.wait_until_well(docker, 120)  # what was broken before may have restarted Docker
    mends: list[tuple[Machine, str]] = []
    try:
        for broken in round_.values():
            (machine,) = machines.of(lab, [broken.machine])
            mends.insert(0, (machine, broken.mends))
            machine.ssh(f"sudo bash -ec {_quoted(broken.breaks)}")
        shut = shut_gates()
    finally:
        for machine, mended in mends:
            machine.ssh(f"sudo bash -ec {_quoted(mended)}")
    assert {f"{broken.shows}: {gate}" for gate, broken in round_.items()} - shut == set()


def test_a_gate_that_stays_shut_stops_the_run_and_says_why() -> None:
    run = deploy("-y", "--data", "dns_probe=no.such.name.example")
    assert run.status != 0
    assert "[vm-worker] gate stayed shut: DNS knows no.such.name.example" in run.said
    assert "what came:" in run.said
    assert "look at: resolvectl status" in run.said
    assert "Docker host |" not in run.said.partition("Beginning operation run")[2]
    converge()
    await_shut()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
