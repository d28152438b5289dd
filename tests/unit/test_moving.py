"""`make move-database`: from where to where, in which steps; what is refused, in which sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from facts.database import FolderState, Moving
from facts.nodes import Nodes, NodeState
from operate.moving import Seen, follows, move
from operations import database
from spec import Machine, Platform, Refused
from tasks import gate, preflight
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, sh, tool
from tests.unit.second_day import play

VOLUME = "threebody-prod-mysql"
READY = NodeState(ready=True)
NODES = {"vm-k8s": READY, "vm-worker": NodeState(True, (VOLUME,)), "vm-worker-2": READY}
# By machine: what is in its folder, and what room there is.
FOLDERS = {"vm-worker": FolderState(9, 700, 50), "vm-worker-2": FolderState(0, 0, 900)}


@pytest.fixture
def wide(platform: Platform) -> Platform:
    """The shipped platform with one more worker."""
    (first,) = platform.members("k8s_worker")
    extra = replace(first, name="vm-worker-2", address=first.address + 1)
    return replace(platform, machines=(*platform.machines, extra))


def seen(platform: Platform, **extra: Any) -> Seen:
    found = Seen(
        nodes=NODES,
        moving=(),
        folder=lambda machine: FOLDERS[machine.name],
        asked=frozenset(machine.name for machine in platform.machines),
    )
    return replace(found, **extra)


def test_a_worker_with_room_may_have_it(wide: Platform) -> None:
    way = move(wide, "vm-worker-2", seen(wide))
    assert (way.source.name, way.target.name) == ("vm-worker", "vm-worker-2")
    assert not way.is_handed_over
    assert way.after.k8s_worker.app_database_worker == "vm-worker-2"
    assert wide.k8s_worker.app_database_worker == "vm-worker"


def room(machine: Machine, **states: FolderState) -> FolderState:
    return states.get(machine.name.replace("-", "_"), FOLDERS[machine.name])


@pytest.mark.parametrize(
    ("name", "changed", "sentence"),
    [
        ("", {}, "NODE is empty; write NODE="),
        ("vm-worker-9", {}, "vm-worker-9 is no worker; workers are vm-worker, vm-worker-2."),
        ("vm-k8s", {}, "vm-k8s is no worker"),
        ("vm-worker", {}, "The database is on vm-worker already"),
        ("vm-worker-2", {"nodes": {}}, "vm-k8s cannot be asked where the database is"),
        (
            "vm-worker-2",
            {"nodes": {**NODES, "vm-worker-2": NodeState()}},
            "vm-worker-2 is not Ready",
        ),
        (
            "vm-worker-2",
            {"nodes": {**NODES, "vm-worker": NodeState(False, (VOLUME,))}},
            "vm-worker is not Ready",
        ),
        ("vm-worker-2", {"nodes": {**NODES, "vm-worker": READY}}, "has no volume threebody-prod-m"),
        (
            "vm-worker-2",
            {"nodes": {"vm-gone": NodeState(True, (VOLUME,)), "vm-worker-2": READY}},
            "The database is on vm-gone, which is no worker of the inventory",
        ),
        ("vm-worker-2", {"asked": frozenset({"vm-worker"})}, "vm-worker-2 is left out by --limit"),
        (
            "vm-worker-2",
            {"folder": lambda it: room(it, vm_worker_2=FolderState(1, 1, 9999))},
            "vm-worker-2 has something in /data/threebody/mysql already: move it away",
        ),
        (
            "vm-worker-2",
            {"folder": lambda it: room(it, vm_worker=FolderState(9, 701, 0))},
            "vm-worker-2 has 900 MiB free for /data/threebody/mysql, and 701 of data with 200",
        ),
        (
            "vm-worker",
            {"moving": ("vm-worker", "vm-worker-2")},
            "The database is on its way to vm-worker-2: go on with NODE=vm-worker-2 first",
        ),
    ],
)
def test_what_must_not_be_is_refused_in_a_sentence(
    wide: Platform, name: str, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        move(wide, name, seen(wide, **changed))
    assert sentence in str(refused.value)
    assert name == "" or "othing was touched" in str(refused.value)


def test_one_that_was_cut_off_goes_on_whatever_its_folders_have(wide: Platform) -> None:
    halfway = {"moving": ("vm-worker", "vm-worker-2"), "folder": lambda _: FolderState(5, 5, 0)}
    assert not move(wide, "vm-worker-2", seen(wide, **halfway)).is_handed_over
    # Between one volume and the next there is none.
    none = {name: replace(state, volumes=()) for name, state in NODES.items()}
    way = move(wide, "vm-worker-2", seen(wide, **halfway, nodes=none))
    assert (way.source.name, way.is_handed_over) == ("vm-worker", False)
    over = {**none, "vm-worker-2": NodeState(True, (VOLUME,))}
    assert move(wide, "vm-worker-2", seen(wide, **halfway, nodes=over)).is_handed_over


@pytest.mark.parametrize(
    ("pods", "opens"),
    [
        ("", True),
        ("go-1|vm-worker|,,|True", True),
        ("mysql-0|vm-worker-2|,mysql-data,|True\\ngo-1|vm-worker|,|False", True),
        ("mysql-0|vm-worker-2|,mysql-data,|False", False),
        ("mysql-0||,mysql-data,|", False),
        ("mysql-0|vm-worker|,x,mysql-data,|True", False),
    ],
)
def test_the_database_is_at_work_where_its_data_is(
    wide: Platform, tmp_path: Any, pods: str, opens: bool
) -> None:
    tool(tmp_path, "kubectl", f"printf '{pods}\\n'")
    done = sh(follows(move(wide, "vm-worker-2", seen(wide))).command, tools=tmp_path)
    assert (done.returncode == 0) is opens, done
    assert opens or "mysql-0 is on" in done.stdout


def test_no_answer_is_no_database_at_work(wide: Platform, tmp_path: Any) -> None:
    tool(tmp_path, "kubectl", "exit 1")
    gate = follows(move(wide, "vm-worker-2", seen(wide)))
    assert sh(gate.command, tools=tmp_path).returncode != 0


Steps = Callable[..., dict[str, list[str]]]
STEPS = ("stop", "copy", "hand_over", "set_aside", "finish_move")


@pytest.fixture
def moved(wide: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Run the deploy on every machine; which steps each of them has, in their order."""

    def run(nodes: Any, moving: tuple[str, ...] = ()) -> dict[str, list[str]]:
        steps: dict[str, list[str]] = {}
        hosts = [SimpleNamespace(name=it.name) for it in wide.machines]
        monkeypatch.setattr(preflight, "apply", lambda: wide)
        monkeypatch.setenv("NODE", "vm-worker-2")
        for machine in wide.machines:
            mine = steps.setdefault(machine.name, [])

            def noted(step: str, mine: list[str] = mine) -> Callable[..., None]:
                return lambda **_: mine.append(step)

            for step in STEPS:
                monkeypatch.setattr(database, step, noted(step))
            monkeypatch.setattr(
                gate,
                "passed",
                lambda mine=mine, **told: mine.append("gate" if told["gates"] else "|"),
            )
            on_host({}, machine.name, machine.groups)
            present = StubHost("vm-k8s", (), {Nodes: nodes, Moving: moving})
            monkeypatch.setattr("operate.moving._of_folders", lambda *_: ())
            play("move_database.py", hosts, present)
        return steps

    return run


def test_it_is_stopped_copied_handed_over_and_only_then_set_aside(moved: Steps) -> None:
    assert moved(NODES) == {
        "vm-docker": ["|", "|", "|", "|"],
        "vm-k8s": ["stop", "|", "|", "hand_over", "gate", "|", "finish_move"],
        "vm-worker": ["|", "|", "|", "set_aside", "|"],
        "vm-worker-2": ["|", "copy", "|", "|", "|"],
    }


def test_what_is_handed_over_is_neither_stopped_nor_copied_again(moved: Steps) -> None:
    over = {"vm-worker": READY, "vm-worker-2": NodeState(True, (VOLUME,)), "vm-k8s": READY}
    steps = moved(over, ("vm-worker", "vm-worker-2"))
    assert steps["vm-k8s"] == ["|", "|", "hand_over", "gate", "|", "finish_move"]
    assert steps["vm-worker-2"] == ["|", "|", "|", "|"]
