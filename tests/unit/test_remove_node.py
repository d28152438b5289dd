"""`make remove-node`: which node may go, in which steps; what is refused, in which sentence."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from facts.nodes import Nodes, NodeState, Remains
from operate.leaving import leaving
from operations import node
from spec import Platform, Refused
from tasks import gate, preflight
from tasks.docker_host import edge
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, StubHost, commands, stdin_of, texts
from tests.unit.second_day import play
from tests.unit.tasks_run import files_of
from tests.unit.tasks_run import run as run_layer

READY = NodeState(ready=True)
NODES = {"vm-k8s": READY, "vm-worker": NodeState(True, ("shop-mysql",)), "vm-worker-2": READY}


def every(platform: Platform) -> frozenset[str]:
    return frozenset(machine.name for machine in platform.machines)


def refusal(platform: Platform, name: str, gone: bool = False, **extra: Any) -> str:
    """Why a node may not be taken out."""
    given = {"nodes": NODES, "asked": every(platform), **extra}
    with pytest.raises(Refused) as refused:
        leaving(platform, name, gone=gone, **given)
    return str(refused.value)


def test_a_worker_may_leave_and_the_platform_is_what_is_left(wide: Platform) -> None:
    going = leaving(wide, "vm-worker-2", NODES, gone=False, asked=every(wide))
    assert going.is_on("vm-worker-2")
    assert {it.name for it in going.without.machines} == {"vm-docker", "vm-k8s", "vm-worker"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "NODE is empty; write NODE="),
        ("vm-k8s", "vm-k8s is the only control plane"),
        ("vm-docker", "vm-docker is no node of the cluster"),
        ("vm-worker", r"vm-worker keeps the database \(shop-mysql\): `make move-database"),
        ("vm-worker-9", "Nothing is called vm-worker-9; nodes are vm-k8s, vm-worker, vm-worker-2"),
    ],
)
def test_who_must_stay_is_refused_by_name(wide: Platform, name: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        leaving(wide, name, NODES, gone=False, asked=every(wide))


def test_a_node_whose_volume_says_so_keeps_data_whatever_the_settings_say(wide: Platform) -> None:
    nodes = {**NODES, "vm-worker-2": NodeState(True, ("old-mysql",))}
    assert "vm-worker-2 keeps the database (old-mysql)" in refusal(wide, "vm-worker-2", nodes=nodes)


def test_nothing_is_taken_out_of_a_cluster_that_does_not_answer(wide: Platform) -> None:
    assert "cannot be asked which nodes there are" in refusal(wide, "vm-worker-2", nodes={})


def test_a_machine_that_is_left_out_of_the_run_is_not_half_removed(wide: Platform) -> None:
    asked = every(wide) - {"vm-worker-2"}
    assert "left out by --limit" in refusal(wide, "vm-worker-2", asked=asked)


def test_a_node_that_no_machine_is_named_for_goes_only_when_somebody_says_that_it_is_gone(
    platform: Platform,
) -> None:
    off = {**NODES, "vm-worker-2": NodeState(ready=False)}
    assert "say GONE=1" in refusal(platform, "vm-worker-2", nodes=off)
    going = leaving(platform, "vm-worker-2", off, gone=True, asked=every(platform))
    assert going.machine is None
    assert going.without.machines == platform.machines


def test_one_that_is_said_to_be_gone_and_lives_is_refused(wide: Platform) -> None:
    asked = every(wide) - {"vm-worker-2"}
    assert "is Ready, so its machine is on" in refusal(wide, "vm-worker-2", gone=True, asked=asked)
    off = {**NODES, "vm-worker-2": NodeState(ready=False)}
    assert "answers, so its machine" in refusal(wide, "vm-worker-2", gone=True, nodes=off)
    assert leaving(wide, "vm-worker-2", off, gone=True, asked=asked).machine is None


def test_a_node_of_the_cluster_is_drained_then_deleted_and_another_is_left_alone(
    on_host: OnHost, wide: Platform
) -> None:
    on_host({Nodes: NODES}, "vm-k8s")
    (drain,) = commands(node.drain, platform=wide, node="vm-worker-2", within=7)
    assert drain.get_raw_value() == "bash -s -- vm-worker-2 7"
    assert stdin_of(drain).endswith('main "$@"\n')
    (delete,) = texts(node.delete, node="vm-worker-2")
    assert "delete node vm-worker-2" in delete
    assert texts(node.drain, platform=wide, node="vm-worker-3", within=7) == []
    assert texts(node.delete, node="vm-worker-3") == []


def test_a_machine_is_reset_while_something_of_a_node_is_left(
    on_host: OnHost, wide: Platform
) -> None:
    on_host({}, "vm-worker-2")
    assert texts(node.reset, platform=wide) == []
    on_host({Remains: ("/etc/kubernetes",)}, "vm-worker-2")
    (command,) = commands(node.reset, platform=wide)
    assert command.get_raw_value() == "bash -s"
    assert stdin_of(command).endswith('main "$@"\n')


@pytest.mark.parametrize(
    ("layer", "machine"),
    [("k8s_node", "vm-worker"), ("k8s_worker", "vm-worker"), ("k8s_control", "vm-k8s")],
)
def test_what_makes_a_machine_a_node_is_what_a_reset_takes_away(
    layer: str,
    machine: str,
    platform: Platform,
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = (CHECKOUT / "files/k8s_node/usr/local/sbin/node-reset").read_text()
    _, _, rest = script.partition("ours=(")
    taken = {"/etc/kubernetes", *rest.partition(")")[0].split()}
    files = files_of(run_layer(layer, machine, platform, on_host, monkeypatch))
    left = {
        path
        for path in files
        if not any(path == one or path.startswith(f"{one}/") for one in taken)
    }
    assert left == set()


def recorded(*volumes: dict[str, Any]) -> list[str]:
    """What the API server says of two nodes, and of these volumes."""
    nodes = [
        {
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "status": {"conditions": [{"type": "Ready", "status": status}]},
        }
        for name, status in (("vm-k8s", "True"), ("vm-worker", "Unknown"))
    ]
    told = {"nodes": nodes, "volumes": list(volumes)}
    return [f"{kind} {json.dumps({'items': items})}" for kind, items in told.items()]


def test_a_node_is_ready_when_it_says_so_and_holds_the_volumes_that_name_it() -> None:
    rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["vm-worker"]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}
    volume = {"metadata": {"name": "mysql"}, "spec": {"nodeAffinity": affinity}}
    anywhere: dict[str, Any] = {"metadata": {"name": "nfs"}, "spec": {}}
    assert Nodes().process(recorded(volume, anywhere)) == {
        "vm-k8s": NodeState(ready=True),
        "vm-worker": NodeState(ready=False, volumes=("mysql",)),
    }


Steps = Callable[..., dict[str, list[str]]]


@pytest.fixture
def removed(wide: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Run the deploy on every machine; which steps each of them has, in their order."""

    def run(*limit: str, **environment: str) -> dict[str, list[str]]:
        steps: dict[str, list[str]] = {}
        names = [it.name for it in wide.machines if not limit or it.name in limit]
        hosts = [SimpleNamespace(name=it.name) for it in wide.machines]
        monkeypatch.setattr(preflight, "apply", lambda: wide)
        for key, value in environment.items():
            monkeypatch.setenv(key, value)
        for name in names:
            mine = steps.setdefault(name, [])
            monkeypatch.setattr(edge, "apply", lambda _, mine=mine: mine.append("edge"))
            for module, step in ((node, "drain"), (node, "delete"), (node, "reset")):
                monkeypatch.setattr(
                    module, step, lambda step=step, mine=mine, **_: mine.append(step)
                )
            monkeypatch.setattr(
                gate,
                "passed",
                lambda mine=mine, **told: mine.append(f"gates {len(told['gates']) > 0}"),
            )
            on_host({}, name, wide.machine(name).groups)
            present = StubHost(
                "vm-k8s", (), {Nodes: NODES | {"vm-worker-2": NodeState("GONE" not in environment)}}
            )
            play("remove_node.py", hosts, present, lambda it: it.name in names)
        return steps

    return run


def test_the_cluster_lets_go_of_it_then_the_edge_then_its_machine(removed: Steps) -> None:
    steps = removed(NODE="vm-worker-2")
    waits = ["gates False", "gates False", "gates False"]
    assert steps["vm-k8s"] == ["drain", "delete", "gates True", *waits[:2]]
    assert steps["vm-docker"] == [waits[0], "edge", *waits[:2]]
    assert steps["vm-worker"] == waits
    assert steps["vm-worker-2"] == [*waits[:2], "reset", "gates True"]


def test_one_that_is_gone_is_neither_drained_nor_reset(removed: Steps) -> None:
    steps = removed("vm-k8s", "vm-docker", NODE="vm-worker-2", GONE="1")
    assert steps["vm-k8s"][:2] == ["delete", "gates True"]
    assert set(steps) == {"vm-k8s", "vm-docker"}


@pytest.mark.parametrize(
    ("name", "word", "sentence"),
    [("GONE", "yes", "GONE is 'yes'; write GONE=1"), ("WITHIN", "soon", "WITHIN is 'soon'")],
)
def test_another_word_is_refused(removed: Steps, name: str, word: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        removed(NODE="vm-worker-2", **{name: word})


def test_make_asks_no_machine_that_is_gone() -> None:
    words = ["make", "--dry-run", "remove-node", "NODE=vm-worker-2", "GONE=1", "ARGS=-y"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "NODE=vm-worker-2 GONE=1" in output
    assert "--limit k8s_control --limit docker_host -y" in output
