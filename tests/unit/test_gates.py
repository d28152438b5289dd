"""Gates: data that holds together, and the shell that waits at them, run right here."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import spec
from facts.gates import Answer, GateAnswers
from gates import LAYERS, Gate, gates
from spec import Platform
from spec.load import HostData
from tasks import gate as subject
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed, parses, sh, shipped, texts
from tests.unit.shells import writes


def wait(gate: Gate, on_host: OnHost) -> str:
    on_host()
    (command,) = texts(subject.passed, gates=[gate])
    return command


def every_gate() -> list[tuple[str, int]]:
    """Names of the shipped machines, each with the number of each of its gates."""
    counts = {"vm-docker": 27, "vm-k8s": 29, "vm-worker": 22}
    return [(machine, number) for machine, count in counts.items() for number in range(count)]


def test_every_machine_has_the_gates_of_its_layers(platform: Platform) -> None:
    found = {m.name: [g.layer for g in gates(platform, m)] for m in platform.machines}
    assert {name: len(layers) for name, layers in found.items()} == {
        name: sum(machine == name for machine, _ in every_gate()) for name in found
    }
    assert set(found["vm-worker"]) == {"common", "k8s_node", "k8s_worker", "cluster"}
    assert set(found["vm-k8s"]) == {"common", "k8s_node", "k8s_control", "cluster"}
    assert found["vm-docker"] == sorted(found["vm-docker"], key=list(LAYERS).index)


@pytest.mark.parametrize(("machine", "number"), every_gate())
def test_a_gate_is_valid_shell_that_only_reads_and_has_a_hint(
    platform: Platform, machine: str, number: int
) -> None:
    gate = gates(platform, platform.machine(machine))[number]
    assert parses(gate.command)
    assert writes(gate.command) == []
    assert gate.hint.strip()
    assert gate.awaits.strip()
    assert "{" not in gate.awaits + gate.hint
    assert 0 < gate.every <= gate.within <= 300
    assert gate.layer in LAYERS


def test_no_two_gates_of_a_machine_await_the_same(platform: Platform) -> None:
    for machine in platform.machines:
        awaited = [gate.awaits for gate in gates(platform, machine)]
        assert len(awaited) == len(set(awaited))


def test_a_layer_that_is_named_gives_its_own_gates_only(platform: Platform) -> None:
    docker, worker = platform.machine("vm-docker"), platform.machine("vm-worker")
    assert {gate.layer for gate in gates(platform, docker, "docker_host")} == {"docker_host"}
    assert gates(platform, worker, "docker_host") == ()


def test_gates_follow_the_settings(hosts: list[HostData]) -> None:
    hosts = changed(hosts, "docker_host", edge_host="edge.example.org", edge_https_port=8443)
    platform = spec.load(hosts)
    told = "\n".join(gate.command for gate in gates(platform, platform.machine("vm-docker")))
    assert "https://edge.example.org:8443/" in told
    assert "hit.local" not in told


def test_an_open_gate_is_passed_at_once(on_host: OnHost) -> None:
    began = time.monotonic()
    done = sh(wait(Gate("common", "it holds", "true", "there", within=5), on_host))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - began < 0.5


def test_a_gate_that_opens_after_a_moment_is_passed(on_host: OnHost, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    third = f"echo x >>{tries}; test $(wc -l <{tries}) -ge 2"
    began = time.monotonic()
    done = sh(wait(Gate("common", "it holds", third, "there", within=5), on_host))
    assert done.returncode == 0
    assert 0.9 < time.monotonic() - began < 2


def test_a_gate_that_stays_shut_says_which_what_came_and_where_to_look(on_host: OnHost) -> None:
    shut = 'seq 9; echo "it\'s %s 100% $HOME shut" >&2; false'
    gate = Gate("common", "DNS knows it's name", shut, "resolv.conf; it's there", within=1)
    began = time.monotonic()
    done = sh(wait(gate, on_host))
    assert time.monotonic() - began < 3.5
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "gate stayed shut: DNS knows it's name"
    assert "waited 1 s; what came: 8\n9\nit's %s 100% " in done.stderr
    assert done.stderr.splitlines()[-1] == "  look at: resolv.conf; it's there"


def test_a_gate_that_hangs_does_not_hang_the_run(
    on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "PATIENCE", 0.3)
    gate = Gate("common", "it answers", "sleep 30", "there", within=1)
    began = time.monotonic()
    assert sh(wait(gate, on_host)).returncode == 1
    assert time.monotonic() - began < 4


def test_a_gate_does_not_read_what_the_connection_sends(on_host: OnHost) -> None:
    gate = Gate("common", "it waits for input", "read line && false || test -z $line", "there")
    assert sh(wait(gate, on_host), stdin="for somebody else\n").returncode == 0


def test_only_gates_that_are_shut_are_waited_for(on_host: OnHost) -> None:
    one, two, three = (Gate("common", f"{n} holds", f"test {n}", "there") for n in "abc")
    on_host({GateAnswers: (Answer(True, ""), Answer(False, "no"), Answer(True, ""))})
    (command,) = texts(subject.passed, gates=[one, two, three])
    assert "b holds" in command


def test_gates_that_could_not_be_asked_are_all_waited_for(on_host: OnHost) -> None:
    on_host({GateAnswers: ()})
    assert len(texts(subject.passed, gates=[Gate("common", n, "true", "t") for n in "ab"])) == 2


def test_each_host_waits_at_its_own_gates(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, int]] = []
    monkeypatch.setattr(subject, "passed", lambda name, gates: called.append((name, len(gates))))
    for host in shipped():
        on_host(name=host.name)
        subject.wait_at("docker_host", platform)
    assert called == [("Wait at the docker_host gate", n) for n in (19, 0, 0)]
