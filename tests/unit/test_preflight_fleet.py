"""What preflight finds of machines beside each other: copies, and clocks that are apart."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from facts.probe import Probe
from spec.load import load
from tasks.preflight import fleet
from tests.unit.doubles import shipped
from tests.unit.probes import probe


def among_each_other(seen: Mapping[str, Probe]) -> list[str]:
    return [str(found) for found in fleet.findings(load(shipped()), seen)]


def test_a_machine_that_was_cloned_is_named_with_its_twin() -> None:
    seen = {"vm-k8s": probe(machine_id="a", boot_id="1"), "vm-worker": probe(machine_id="a")}
    (output,) = among_each_other(seen)
    assert output.startswith("vm-worker: has the machine id of vm-k8s: was it cloned?")
    assert "systemd-machine-id-setup" in output


def test_one_machine_under_two_names_is_refused() -> None:
    one = probe(machine_id="a", boot_id="1")
    (output,) = among_each_other({"vm-k8s": one, "vm-worker": one})
    assert output == "vm-worker: is vm-k8s under another name: each name wants a machine of its own"


@pytest.mark.parametrize(
    ("mac", "other", "told"),
    [
        ("02:00:00:00:00:01", "02:00:00:00:00:01", True),
        ("02:00:00:00:00:01", "02:00:00:00:00:02", False),
        ("", "", False),  # a tunnel's
        ("00:00:00:00:00:00", "00:00:00:00:00:00", False),
    ],
)
def test_a_card_that_was_cloned_is_named(mac: str, other: str, told: bool) -> None:
    seen = {
        "vm-k8s": probe("kernel", mac=mac),
        "vm-worker": probe("kernel", mac=other),
    }
    found = [one for one in among_each_other(seen) if "hardware address of vm-k8s" in one]
    assert [one.startswith("vm-worker: its card") for one in found] == [True] * told


def test_a_clock_that_is_off_is_named_whatever_this_machines_own_says() -> None:
    now = int(time.time())
    behind = {"a": 600, "b": 601, "c": 500}
    seen = {name: probe(machine_id=name, clock=now - by) for name, by in behind.items()}
    (output,) = among_each_other(seen)
    assert output.startswith("c: its clock is 100 s ahead of the other machines'")


def test_machines_that_agree_on_another_day_are_told_of_it() -> None:
    yesterday = int(time.time()) - 86400
    seen = {name: probe(machine_id=name, clock=yesterday) for name in "ab"}
    (output,) = among_each_other(seen)
    assert output.startswith("the machines: clocks are 24 h behind this computer's")


def test_clocks_that_agree_are_no_mistake() -> None:
    now = int(time.time())
    seen = {name: probe(machine_id=name, clock=now - by) for name, by in {"a": 1, "b": 2}.items()}
    assert among_each_other(seen) == []
    assert among_each_other({}) == []
