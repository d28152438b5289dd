"""`make reset`: what is taken off which machine, what stays, and who has to say what first."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api.state import State
from pyinfra.context import ctx_state

import spec
from facts.present import Present
from facts.probe import Probe
from facts.systemd import Units, UnitState
from operate import bare
from operate.confirming import confirmed
from operations import docker, hosts, iptables, node, remains, systemd, ufw, users
from spec import Mistake, Platform, Refused
from tasks import gate
from tasks.common import UPDATERS
from tasks.preflight import alone, lock
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, StubHost, sh, texts, tool
from tests.unit.tasks_run import files_of
from tests.unit.tasks_run import run as run_layer

# What a layer writes, and a reset leaves.
DOCKERS_OWN = (
    "/etc/apt/keyrings/docker.asc",
    "/etc/apt/preferences.d/docker.pref",
    "/etc/apt/sources.list.d/docker.sources",
    "/etc/docker/daemon.json",
)
STAYS = {
    "common": (
        "/etc/default/ufw",  # UFW does not start without it
        # resolv.conf leads to whoever reads it, and its own servers are known to nobody.
        "/etc/systemd/resolved.conf.d/99-threebody.conf",
    ),
    "docker_host": DOCKERS_OWN,
}


@pytest.mark.parametrize("layer", STAYS)
def test_whatever_a_run_writes_a_reset_takes_or_leaves_for_a_reason(
    layer: str, platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = run_layer(layer, "vm-docker", platform, on_host, monkeypatch)
    taken = bare.files(platform, platform.machine("vm-docker"))
    keys = [call.arguments["path"] for call in calls if call.operation == "apt.key"]
    certificates = [it.arguments["certificate"] for it in calls if "certificate" in it.arguments]
    written = {*files_of(calls), *keys, *certificates}
    left = {
        path
        for path in written
        if not any(path == one or path.startswith(f"{one}/") for one in taken)
    }
    assert left == set(STAYS[layer])
    units = {unit for call in calls for unit in call.arguments.get("units", ())}
    # Updates are let be, and names, the clock and Docker are somebody's own.
    stay = {*UPDATERS, "systemd-resolved.service", "systemd-timesyncd.service"}
    stay |= {"docker.service", "containerd.service"}
    ours = bare.OF_EVERY_MACHINE if layer == "common" else (*bare.UNITS, bare.FIREWALL)
    assert units - stay == set(ours)


def test_data_is_the_registrys_the_databases_and_the_developers(platform: Platform) -> None:
    def kept(name: str) -> tuple[str, ...]:
        return bare.data(platform, platform.machine(name))

    assert kept("vm-docker") == ("/data/harbor", "/data/harbor-v*", "/srv/threebody")
    assert kept("vm-k8s") == ("/var/lib/etcd.before",)
    assert kept("vm-worker") == tuple(
        f"/data/threebody/mysql{of_a_move}" for of_a_move in ("", ".coming", ".moved-*")
    )


def test_what_is_there_is_found_by_patterns_and_links_that_lead_nowhere(tmp_path: Path) -> None:
    for name in ("a b-v1", "a b-v2", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    wanted = [f"{tmp_path}/{name}" for name in ("a b-v*", "link", "absent", "absent*")]
    output = sh(Present().command(wanted)).stdout.splitlines()
    assert output == [f"present {tmp_path}/{name}" for name in ("a b-v1", "a b-v2", "link")]


def test_what_was_masked_runs_again_if_its_package_has_it_run(
    on_host: OnHost, tmp_path: Path
) -> None:
    states = {name: UnitState("masked", "inactive", "masked") for name in ("a.timer", "a.service")}
    on_host({Units: states})
    (command,) = texts(systemd.unmask, units=["a.timer", "a.service", "b.timer"])
    tool(
        tmp_path,
        "systemctl",
        f'echo "$*" >>{tmp_path}/trace; [ "$1" = is-enabled ] || exit 0;'
        " case $2 in a.timer) echo enabled;; *) echo static;; esac",
    )
    assert sh(command, tools=tmp_path).returncode == 0
    trace = (tmp_path / "trace").read_text().splitlines()
    assert trace[0] == "unmask a.timer a.service"
    assert [line for line in trace if line.startswith("start")] == ["start a.timer"]


Steps = Callable[..., dict[str, list[str]]]
OPERATIONS = (
    *(
        (docker, "compose_down"),
        (hosts, "remove_entries"),
        (iptables, "flush_chain"),
        (node, "reset"),
    ),
    *((remains, "remove"), (systemd, "disable"), (systemd, "unmask"), (ufw, "disable")),
    (users, "leave"),
)


@pytest.fixture
def taken_off(platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Run the deploy on a machine of each kind; which steps each of them has, in their order."""

    def run(confirm: str = "hit.local", **environment: str) -> dict[str, list[str]]:
        steps: dict[str, list[str]] = {}
        monkeypatch.setattr(alone, "alone", lambda _: None)
        monkeypatch.setattr(spec, "platform", lambda: platform)
        for key, value in environment.items():
            monkeypatch.setenv(key, value)
        for machine in platform.machines:
            mine = steps.setdefault(machine.name, [])

            def noted(step: str, mine: list[str] = mine) -> Callable[..., None]:
                return lambda **arguments: mine.append(step)

            for module, name in OPERATIONS:
                step = f"{module.__name__.partition('.')[2]}.{name}"
                monkeypatch.setattr(module, name, noted(step))
            monkeypatch.setattr(gate, "passed", noted("gates"))
            on_host({}, machine.name, machine.groups).data["confirm"] = confirm
            ctx_state.set(State())  # type: ignore[no-untyped-call]
            try:
                runpy.run_path(str(CHECKOUT / "operate/reset.py"))
            finally:
                ctx_state.reset()
        return steps

    return run


COMMON = ["systemd.unmask", "hosts.remove_entries", "remains.remove", "ufw.disable"]


def test_what_runs_is_stopped_before_what_describes_it_goes(taken_off: Steps) -> None:
    steps = taken_off()
    assert steps["vm-docker"] == [
        *("systemd.disable", "docker.compose_down"),
        # Else Docker would stop with its firewall.
        *("remains.remove", "systemd.disable", "iptables.flush_chain", "iptables.flush_chain"),
        *("users.leave", *COMMON, "gates"),
    ]
    of_node = ["systemd.disable", "node.reset", *COMMON, "gates"]
    assert steps["vm-k8s"] == steps["vm-worker"] == of_node


def test_nothing_is_taken_off_before_somebody_has_said_so(taken_off: Steps) -> None:
    with pytest.raises(Refused, match="not 'yes'; nothing was touched"):
        taken_off(confirm="yes")


def test_data_goes_only_when_somebody_says_so(taken_off: Steps) -> None:
    assert [steps[-2] for steps in taken_off(DATA="1").values()] == ["remains.remove"] * 3
    with pytest.raises(Refused, match="DATA is 'all'; write DATA=1"):
        taken_off(DATA="all")


@pytest.fixture
def run_() -> Any:
    """A run of two machines that is no plan."""
    machines = [SimpleNamespace(name="vm-a"), SimpleNamespace(name="vm-b")]
    state: Any = State()
    state.inventory = SimpleNamespace(get_active_hosts=lambda: machines)
    ctx_state.set(state)  # type: ignore[no-untyped-call]
    yield state
    ctx_state.reset()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_platforms_name_said_beforehand_will_do_and_another_one_will_not(
    run_: Any, platform: Platform
) -> None:
    confirmed(platform, "all", "hit.local")
    with pytest.raises(Refused, match=r"The platform is hit\.local, not 'yes'; nothing"):
        confirmed(platform, "all", "yes")
    with pytest.raises(Refused, match=r"nothing was touched: .* --data confirm=hit\.local"):
        confirmed(platform, "all", None)
    run_.only_planned = True
    confirmed(platform, "all", None)


@pytest.mark.parametrize(("answer", "accepted"), [("hit.local", True), ("y", False), ("", False)])
def test_a_person_is_asked_once_for_all_machines(
    run_: Any,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    accepted: bool,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n" if answer else ""))
    for _ in run_.inventory.get_active_hosts():
        if accepted:
            confirmed(platform, "all", None)
        else:
            with pytest.raises(Refused, match=r"The platform is hit\.local, not"):
                confirmed(platform, "all", None)
    assert capsys.readouterr().out.count("This takes all off vm-a, vm-b.") == 1


def test_machines_are_not_judged_and_another_run_is_still_told(
    run_: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, mute = StubHost("vm-k8s"), StubHost("vm-worker")
    monkeypatch.setattr(run_.inventory, "get_active_hosts", lambda: [bad, mute])
    blind = Mistake("vm-worker", "", "", "cannot be asked")
    monkeypatch.setattr(alone, "look", lambda it: blind if it is mute else Probe())
    monkeypatch.setattr(alone, "on_each", lambda hosts, ask: {it: ask(it) for it in hosts})
    monkeypatch.setattr(lock, "Lock", lambda _: SimpleNamespace(answer=lambda: "taken anna"))
    with pytest.raises(Refused) as refused:
        alone.alone(platform)
    assert [f"{it}"[:45] for it in refused.value.mistakes] == [
        "vm-worker: cannot be asked",
        "vm-k8s: another run is under way, by anna: wa",
    ]


def test_make_names_the_machines_and_says_what_of_data() -> None:
    words = ["make", "--dry-run", "reset", "NODE=vm-worker", "DATA=1", "ARGS=-y"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "DATA=1 .venv/bin/pyinfra inventory.py operate/reset.py --limit vm-worker -y" in output
