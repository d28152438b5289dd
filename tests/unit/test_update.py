"""`make update`: what waits, what speaks against it, which step comes after which, a reboot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from facts.nodes import Nodes, NodeState
from facts.updates import Update, Updates, UpdatesState
from operate import updatable
from operate.updatable import known, told
from operations import apt, node, once, reboot
from operations.reboot import _back
from spec import Platform, Refused
from tasks import gate, preflight
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, commands, texts
from tests.unit.second_day import play

READY = NodeState(ready=True, kubelet="1.30.0")
NODES = {"vm-k8s": READY, "vm-worker": READY}
SMALL = Update("unzip", "6.0-28", "6.0-28+deb13u1", True)
WAITING = UpdatesState((SMALL, Update("zip", "3.0-13", "3.0-14", False)), boot="first")
OLD_KERNEL = UpdatesState(reboot=("kernel 6.12.9-amd64",), boot="first")


def test_what_waits_is_counted_in_a_sentence() -> None:
    assert told(UpdatesState(boot="first")) == ""
    assert told(WAITING) == "2 packages wait, 1 of them for security"
    assert told(replace(OLD_KERNEL, stale=True)) == (
        "a reboot is pending (kernel 6.12.9-amd64); its lists of packages are old"
        " (journalctl -u package-lists)"
    )
    assert told(UpdatesState((replace(SMALL, security=False),))) == "1 package waits"


def machines(platform: Platform, states: Mapping[str, UpdatesState], says: str = "") -> list[Any]:
    hosts = []
    for machine in platform.machines:
        host: Any = StubHost(machine.name, (), {Updates: states.get(machine.name, UpdatesState())})
        answer = SimpleNamespace(stdout="", stderr=says)
        host.run_shell_command = lambda *_, answer=answer, **__: (not says, answer)
        hosts.append(host)
    return hosts


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(updatable.logger, "info", lines.append)
    return lines


def test_the_plan_names_packages_versions_and_whether_a_reboot_comes(
    platform: Platform, lines: list[str]
) -> None:
    library = UpdatesState((Update("libc6", "2.41-12", "2.41-13", True),))
    found = known(platform, machines(platform, {"vm-docker": WAITING, "vm-worker": library}))
    assert found["vm-docker"] is WAITING
    docker, control, worker = lines
    assert "unzip 6.0-28 -> 6.0-28+deb13u1" in docker
    assert "it is rebooted if these ask for it" in docker
    assert "the site and the registry do not answer meanwhile" in docker
    assert control == "[vm-k8s] nothing waits"
    assert "it will be rebooted: the only worker, without which nothing" in worker


def test_a_run_that_leaves_the_docker_host_out_says_nothing_of_it(
    platform: Platform, lines: list[str]
) -> None:
    _, *nodes = machines(platform, {})
    known(platform, nodes)
    assert lines == ["[vm-k8s] nothing waits", "[vm-worker] nothing waits"]


def test_a_machine_that_cannot_ask_what_there_is_stops_it(
    platform: Platform, lines: list[str]
) -> None:
    with pytest.raises(Refused, match="apt-get update: E: no route"):
        known(platform, machines(platform, {}, says="E: no route"))
    assert lines == []


@pytest.mark.parametrize(
    ("nodes", "asked", "sentence"),
    [
        ({}, 3, "vm-k8s cannot be asked which nodes there are"),
        (NODES | {"vm-worker": NodeState()}, 3, "vm-worker is not Ready: look there with"),
        (NODES, 2, "vm-worker is left out by --limit"),
    ],
)
def test_what_must_not_be_updated_is_refused_in_one_sentence(
    platform: Platform, nodes: dict[str, NodeState], asked: int, sentence: str
) -> None:
    present = frozenset(machine.name for machine in platform.machines[:asked])
    with pytest.raises(Refused, match=sentence):
        updatable.updatable(platform, nodes, present)


def test_packages_come_and_nodes_are_emptied_only_where_something_waits(
    platform: Platform, wide: Platform, on_host: OnHost
) -> None:
    on_host({Updates: UpdatesState()})
    assert texts(apt.upgrade) == []
    given: dict[str, Any] = {"platform": wide, "node": "vm-worker", "within": 7}
    assert texts(node.drain_for_updates, machine=on_host({}), **given) == []
    for state in (WAITING, OLD_KERNEL):
        machine = on_host({Updates: state})
        assert texts(node.drain_for_updates, machine=machine, **given) == ["bash -s -- vm-worker 7"]
        # The only one's pods have nowhere to go.
        alone = {**given, "platform": platform}
        assert texts(node.drain_for_updates, machine=machine, **alone) == []
    on_host({Updates: WAITING})
    (command,) = texts(apt.upgrade)
    assert "apt-get upgrade -q -y --with-new-pkgs" in command
    assert "allow-change-held" not in command


def test_only_a_machine_whose_programs_are_old_starts_anew(on_host: OnHost) -> None:
    on_host({Updates: WAITING})
    assert commands(reboot.reboot, held_again=lambda _: "held") == []
    on_host({Updates: OLD_KERNEL})
    away, back, settled = commands(reboot.reboot, held_again=lambda _: "held")
    assert "systemctl reboot" in str(away)
    assert back.function is _back  # type: ignore[attr-defined]
    assert "is-system-running --wait" in str(settled)


class Rebooting(StubHost):
    """A machine that is still shutting down, then away for a while, then up."""

    def __init__(self, boots: list[str | type[Exception]]) -> None:
        super().__init__("vm-worker")
        self.boots = boots
        self.connector = SimpleNamespace(client=SimpleNamespace(close=lambda: None))

    def connect(self, show_errors: bool) -> None:
        assert not show_errors
        self.connected = self.boots[0] != "off"
        if not self.connected:
            self.boots.pop(0)

    def run_shell_command(self, command: object) -> tuple[bool, object]:
        assert self.connected
        boot = self.boots.pop(0)
        if isinstance(boot, type):
            raise boot
        return True, SimpleNamespace(stdout=f"{boot}\n")


@pytest.mark.parametrize(("answer", "goes_on"), [("held", True), ("taken by anna", False)])
def test_a_run_finds_another_boot_and_holds_the_machine_again(
    on_host: OnHost, monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool
) -> None:
    monkeypatch.setattr(reboot.time, "sleep", lambda _: None)
    machine: Any = Rebooting(["first", OSError, "off", EOFError, "second"])
    on_host({Updates: replace(OLD_KERNEL, boot="first")})
    _, back, _ = commands(reboot.reboot, held_again=lambda _: answer)
    state: Any = None
    assert back.execute(state, machine, {}) is goes_on
    assert machine.boots == []


def test_a_machine_that_does_not_come_back_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reboot.time, "sleep", lambda _: None)
    monkeypatch.setattr(reboot, "WITHIN", -1)
    machine: Any = Rebooting([OSError])
    state: Any = None
    assert not _back(state, machine, "first", lambda _: "held")


Steps = Callable[[], dict[str, list[str]]]
RECORDED = (
    *((apt, step) for step in ("repair", "upgrade")),
    *((node, step) for step in ("drain_for_updates", "uncordon")),
    (reboot, "reboot"),
)


@pytest.fixture
def updated(wide: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Run the deploy on every machine; which steps each of them has, in their order."""

    def run() -> dict[str, list[str]]:
        steps: dict[str, list[str]] = {}
        monkeypatch.setattr(preflight, "apply", lambda: wide)
        monkeypatch.setattr(once, "once", lambda *_: None)
        for machine in wide.machines:
            mine = steps.setdefault(machine.name, [])
            for module, step in RECORDED:
                monkeypatch.setattr(
                    module,
                    step,
                    lambda *_, step=step, mine=mine, **given: mine.append(
                        " ".join(filter(None, (step, given.get("node"))))
                    ),
                )
            monkeypatch.setattr(
                gate, "passed", lambda gates, mine=mine, **_: mine.append("-" if gates else ".")
            )
            on_host({}, machine.name, machine.groups)
            nodes = {it.hostname: READY for it in wide.members("k8s_node")}
            control = StubHost("vm-k8s", (), {Nodes: nodes})
            play("update.py", wide.machines, control)
        return steps

    return run


def test_every_gate_is_waited_for_before_and_between_and_what_moves_comes_first(
    updated: Steps,
) -> None:
    steps = updated()
    nodes = ("vm-worker", "vm-worker-2", "vm-k8s")
    before = [f"uncordon {name}" for name in ("vm-k8s", "vm-worker", "vm-worker-2")]
    control = steps["vm-k8s"]
    assert control[:5] == ["repair", *before, "-"]
    assert [it for it in control[5:] if it not in (".", "-")] == [
        *("drain_for_updates vm-worker", "uncordon vm-worker"),
        *("drain_for_updates vm-worker-2", "uncordon vm-worker-2"),
        *("drain_for_updates vm-k8s", "upgrade", "reboot", "uncordon vm-k8s"),
    ]
    for place, name in enumerate((*nodes, "vm-docker")):
        own = [it for it in steps[name] if " " not in it]
        assert own[:2] == ["repair", "-"]
        # Whoever has no turn waits until there are no pods, until there may be, until all is well.
        at = 2 + 3 * place
        assert own[2:at] == [".", ".", "-"] * place
        assert own[at : at + 5] == [".", "upgrade", "reboot", "-", "-"]
