"""Before anything is touched: memory, machine ids and clocks, from recorded answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from facts.machine import Probe
from tasks.preflight import fleet, machine
from tests.unit.doubles import StubHost

RECORDED = """os debian 13
free / 9000
free /var 9000
memory 1963
id 0123456789abcdef0123456789abcdef
clock 1764119000""".splitlines()


def host(name: str, *groups: str) -> Any:
    return StubHost(name, groups)


def probe(memory: int = 4000, machine_id: str = "a", behind: float = 0) -> Probe:
    clock = int(time.time() - behind)
    return Probe("debian", "13", (), memory_mib=memory, machine_id=machine_id, clock=clock)


def among_each_other(seen: Mapping[str, Probe]) -> list[str]:
    return [str(found) for found in fleet.findings({host(n): p for n, p in seen.items()})]


def test_what_the_probe_prints_is_understood() -> None:
    told = Probe.parse(RECORDED)
    assert (told.memory_mib, told.clock) == (1963, 1764119000)
    assert told.machine_id == "0123456789abcdef0123456789abcdef"


def test_too_little_memory_is_named_by_role() -> None:
    control, worker = host("vm-k8s", "k8s_control", "k8s_node"), host("vm-worker", "k8s_worker")
    said = "vm-k8s: 960 MiB of memory, a k8s_control needs 1700 at least"
    assert [str(found) for found in machine.findings(control, probe(memory=960))] == [said]
    assert not list(machine.findings(worker, probe(memory=960)))


def test_a_machine_that_was_cloned_is_named_with_its_twin() -> None:
    (said,) = among_each_other({"vm-k8s": probe(), "vm-worker": probe()})
    assert said.startswith("vm-worker: has the machine id of vm-k8s: was it cloned?")
    assert "systemd-machine-id-setup" in said


def test_a_clock_that_is_off_is_named_whatever_this_machines_own_says() -> None:
    behind = {"a": 600, "b": 601, "c": 500}
    seen = {name: probe(machine_id=name, behind=by) for name, by in behind.items()}
    (said,) = among_each_other(seen)
    assert said.startswith("c: its clock is 100 s ahead of the other machines'")


def test_clocks_that_agree_are_no_mistake() -> None:
    seen = {name: probe(machine_id=name, behind=by) for name, by in {"a": 1, "b": 2}.items()}
    assert among_each_other(seen) == []
    assert among_each_other({}) == []
