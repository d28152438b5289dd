"""Gates: data that holds together, and the shell that waits at them, run right here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import spec
from facts.gates import Answer, GateAnswers
from gates import BESIDE, LAYERS, Gate, by_layer, gates
from spec import Platform
from spec.inventory import HostData
from spec.secrets import Secrets
from tasks import gate as subject
from tests.gate_hints import TOKENS, with_everything
from tests.unit.conftest import LOAD, OnHost
from tests.unit.doubles import SECRETS, changed, parses, sh, shipped, texts, tool
from tests.unit.shells import writes


def wait(gate: Gate, on_host: OnHost) -> str:
    on_host()
    (command,) = texts(subject.passed, gates=[gate])
    return command


def set_up() -> Platform:
    """The shipped inventory with a project and a runner, whatever this checkout's own secrets."""
    with pytest.MonkeyPatch.context() as patch:
        for name, secret in (SECRETS | TOKENS).items():
            patch.setenv(name, secret)
        nowhere = Path("/nowhere/secrets.env")
        patch.setitem(Secrets.model_config, "env_file", nowhere)
        patch.setattr(LOAD, "SECRETS_FILE", nowhere)
        patch.setattr(LOAD, "_loaded", None)
        return with_everything(shipped())


def test_what_asks_gitlab_is_waited_for_last() -> None:
    platform = set_up()
    asking = {
        layer
        for machine in platform.machines
        for layer, found in by_layer(platform, machine).items()
        for gate in found
        if "gitlab-443" in gate.command or "gitlab-runner verify" in gate.command
    }
    assert asking == {list(LAYERS)[-1]}


def every_gate() -> list[Any]:
    """Each gate of each machine, under both their names."""
    platform = set_up()
    return [
        pytest.param(gate, id=f"{machine.name}: {gate.awaits}")
        for machine in platform.machines
        for gate in gates(platform, machine)
    ]


@pytest.mark.parametrize(
    ("machine", "layers"),
    [
        ("vm-docker", ["common", "docker_host", "application"]),
        ("vm-k8s", ["common", "k8s_node", "k8s_control", "cluster", "monitoring"]),
        ("vm-worker", ["common", "k8s_node", "k8s_worker", "cluster"]),
    ],
)
def test_a_machine_has_gates_of_each_of_its_layers_and_of_no_other(
    machine: str, layers: list[str]
) -> None:
    platform = set_up()
    found = by_layer(platform, platform.machine(machine))
    assert list(found) == layers
    assert all(found.values())
    for layer in (*LAYERS, *BESIDE):
        named = gates(platform, platform.machine(machine), layer)
        assert list(named) == found.get(layer, [])


@pytest.mark.parametrize("gate", every_gate())
def test_a_gate_is_valid_shell_that_only_reads_and_has_a_hint(gate: Gate) -> None:
    assert parses(gate.command)
    assert writes(gate.command) == []
    assert gate.hint.strip()
    assert gate.awaits.strip()
    assert "{" not in gate.awaits + gate.hint
    assert 0 < gate.every <= gate.within <= 300


def test_no_two_gates_of_a_machine_await_the_same(platform: Platform) -> None:
    for machine in platform.machines:
        awaited = [gate.awaits for gate in gates(platform, machine)]
        assert len(awaited) == len(set(awaited))


def test_gates_follow_the_settings(hosts: list[HostData]) -> None:
    hosts = changed(hosts, "docker_host", edge_host="edge.example.org", edge_https_port=8443)
    platform = spec.load(hosts)
    told = "\n".join(gate.command for gate in gates(platform, platform.machine("vm-docker")))
    assert "https://edge.example.org:8443/" in told
    assert "hit.local" not in told


def test_every_host_may_stand_at_a_gate_of_a_layer_that_is_not_its_own(on_host: OnHost) -> None:
    host = on_host()
    assert texts(subject.passed, gates=[]) == []
    assert host.asked == []


def test_an_open_gate_is_passed_at_once(on_host: OnHost, tmp_path: Path) -> None:
    tool(tmp_path, "sleep", "echo somebody waits >&2")
    gate = Gate(awaits="it holds", command="true", hint="there", within=5)
    done = sh(wait(gate, on_host), tools=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_gate_that_opens_after_a_moment_is_passed(on_host: OnHost, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    third = f"echo x >>{tries}; test $(wc -l <{tries}) -ge 2"
    done = sh(wait(Gate(awaits="it holds", command=third, hint="there", within=60), on_host))
    assert done.returncode == 0
    assert tries.read_text() == "x\nx\n"


def test_a_gate_that_stays_shut_says_which_what_came_and_where_to_look(on_host: OnHost) -> None:
    shut = 'seq 9; echo "it\'s %s 100% $HOME shut" >&2; false'
    gate = Gate(
        awaits="DNS knows it's name", command=shut, hint="resolv.conf; it's there", within=1
    )
    done = sh(wait(gate, on_host))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "gate stayed shut: DNS knows it's name"
    assert "waited 1 s; what came: 8\n9\nit's %s 100% " in done.stderr
    assert done.stderr.splitlines()[-1] == "  look at: resolv.conf; it's there"


def test_a_gate_that_hangs_does_not_hang_the_run(
    on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "PATIENCE", 0.3)
    gate = Gate(awaits="it answers", command="sleep 600", hint="there", within=1)
    assert sh(wait(gate, on_host)).returncode == 1


def test_a_gate_does_not_read_what_the_connection_sends(on_host: OnHost) -> None:
    gate = Gate(
        awaits="it waits for input", command="read line && false || test -z $line", hint="there"
    )
    assert sh(wait(gate, on_host), stdin="for somebody else\n").returncode == 0


def test_gates_that_are_open_are_asked_and_nothing_is_run(on_host: OnHost) -> None:
    host = on_host({GateAnswers: (Answer(True, ""),)})
    gate = Gate(awaits="it holds", command="true", hint="there")
    assert texts(subject.passed, gates=[gate]) == []
    assert host.asked == [(GateAnswers, {"commands": ["true"]})]


def test_only_gates_that_are_shut_are_waited_for(on_host: OnHost) -> None:
    one, two, three = (Gate(awaits=f"{n} holds", command=f"test {n}", hint="there") for n in "abc")
    on_host({GateAnswers: (Answer(True, ""), Answer(False, "no"), Answer(True, ""))})
    (command,) = texts(subject.passed, gates=[one, two, three])
    assert "b holds" in command


def test_gates_that_could_not_be_asked_are_all_waited_for(on_host: OnHost) -> None:
    one, two = (Gate(awaits=f"{n} holds", command="true", hint="there") for n in "ab")
    on_host({GateAnswers: ()})
    assert len(texts(subject.passed, gates=[one, two])) == 2


def test_each_host_waits_at_its_own_gates(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: dict[str, tuple[Gate, ...]] = {}
    for host in shipped():
        on_host(name=host.name)
        monkeypatch.setattr(subject, "passed", lambda name, gates: waited.update({name: gates}))
        subject.wait_at("docker_host", platform)
        own = gates(platform, platform.machine(host.name), "docker_host")
        assert waited == {"Wait at the docker_host gate": own}
        assert bool(own) is (host.name == "vm-docker")
