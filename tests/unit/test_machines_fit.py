"""Before anything is touched: memory, machine ids and clocks, from recorded answers."""

from __future__ import annotations

import time
from typing import Any

import connection
from facts.machine import Probe
from tests.unit.doubles import StubHost

RECORDED = """os debian 13
free / 9000
free /var 9000
memory 1963
id 0123456789abcdef0123456789abcdef
clock 1764119000""".splitlines()


def host(name: str, *groups: str) -> Any:
    return StubHost(name, groups)


def mistakes(subject: connection.Connection) -> list[str]:
    return [str(mistake) for mistake in subject.mistakes]


def probe(memory: int = 4000, machine_id: str = "a", behind: float = 0) -> Probe:
    clock = int(time.time() - behind)
    return Probe("debian", "13", (), memory_mib=memory, machine_id=machine_id, clock=clock)


def test_what_the_probe_prints_is_understood() -> None:
    told = Probe.parse(RECORDED)
    assert (told.memory_mib, told.clock) == (1963, 1764119000)
    assert told.machine_id == "0123456789abcdef0123456789abcdef"


def test_too_little_memory_is_named_by_role() -> None:
    subject = connection.Connection()
    subject._look_at(host("vm-k8s", "k8s_control", "k8s_node"), probe(memory=960))
    subject._look_at(host("vm-worker", "k8s_worker", "k8s_node"), probe(960, "b"))
    said = "vm-k8s: 960 MiB of memory, a k8s_control needs 1700 at least"
    assert mistakes(subject) == [said]


def test_a_machine_that_was_cloned_is_named_with_its_twin() -> None:
    subject = connection.Connection()
    subject._look_at(host("vm-k8s"), probe())
    subject._look_at(host("vm-worker"), probe())
    (said,) = mistakes(subject)
    assert said.startswith("vm-worker: has the machine id of vm-k8s: was it cloned?")
    assert "systemd-machine-id-setup" in said


def test_a_clock_that_is_off_is_named_whatever_this_machines_own_says() -> None:
    subject = connection.Connection()
    for number, (name, behind) in enumerate((("a", 600), ("b", 601), ("c", 500))):
        subject._look_at(host(name), probe(machine_id=f"{number}", behind=behind))
    (said,) = map(str, connection._apart(subject.clocks))
    assert said.startswith("c: its clock is 100 s ahead of the other machines'")


def test_clocks_that_agree_are_no_mistake() -> None:
    assert connection._apart({"a": 5000.2, "b": 5001.0, "c": 4999.0}) == []
    assert connection._apart({}) == []
