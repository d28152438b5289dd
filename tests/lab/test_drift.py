"""Somebody changes a machine by hand: a dry run names exactly that, a run repairs exactly that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from lab import Lab, machines
from tests.lab.deploying import converge, planned
from tests.lab.drifts import DRIFTS
from tests.lab.drifts_cluster import CLUSTER_DRIFTS
from tests.lab.drifts_firewall import FIREWALL_DRIFTS
from tests.lab.soaked import cases

pytestmark = pytest.mark.usefixtures("converged")
EVERY = DRIFTS | CLUSTER_DRIFTS | FIREWALL_DRIFTS
ROUNDS = sorted({drift.round for drift in EVERY.values()})


@pytest.mark.parametrize(
    "number", cases(ROUNDS, {2, 4, 6}, "a run and a plan each; other rounds are in every run")
)
def test_drift_is_named_and_repaired_and_nothing_else(lab: Lab, number: int) -> None:
    drifts = [drift for drift in EVERY.values() if drift.round == number]
    try:
        for drift in drifts:
            (machine,) = machines.of(lab, [drift.machine])
            machine.ssh(f"sudo sh -ec '{drift.did}'")
        plan = planned()
    finally:
        changes = converge()  # before anything is asserted: the next test wants a whole lab
    noticed = [(drift.machine, drift.noticed) for drift in drifts]
    noticed += [(machine, (gate,)) for drift in drifts for machine, gate in drift.elsewhere]
    assert hosts_of(plan) == expected(noticed)
    # By the time that a run reaches a gate, it has repaired what the gate would wait for.
    repaired = [(drift.machine, drift.repaired or drift.noticed) for drift in drifts]
    assert hosts_of(changes, gates=False) == expected(repaired, gates=False)


def test_nothing_is_left_to_repair_and_every_gate_is_open() -> None:
    assert planned() == {}  # of a round before the last, the next one's plan would show it


def hosts_of(changed: dict[str, list[str]], gates: bool = True) -> dict[str, set[str]]:
    return {name: set(hosts) for name, hosts in changed.items() if gates or "Wait at" not in name}


def expected(
    changes: Iterable[tuple[str, Sequence[str]]], gates: bool = True
) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for machine, operations in changes:
        for name in operations:
            if gates or "Wait at" not in name:
                told.setdefault(name, set()).add(machine)
    return told
