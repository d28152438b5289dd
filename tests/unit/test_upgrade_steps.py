"""`make upgrade` as a whole: which step comes after which, on which machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from facts.kubernetes import ControlPlane, ControlPlaneState
from facts.nodes import Nodes, NodeState
from facts.upgrade import Upgrade, UpgradeState
from operations import apt, etcd, node, upgrade
from spec import Platform, Refused
from spec.inventory import HostData
from tasks import cluster, gate, k8s_control, k8s_node, k8s_worker, preflight, repositories
from tasks.k8s_control import network
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, changed
from tests.unit.second_day import play

OLD, NEW = "1.35.4", "1.36.3"
BEFORE = NodeState(ready=True, kubelet=OLD)


@pytest.fixture
def hosts(hosts: list[HostData]) -> list[HostData]:
    """The shipped ones, of a version that can be gone to."""
    hosts = changed(hosts, "k8s_control", calico_version="3.32.1")
    return changed(hosts, "k8s_node", kubernetes_version=NEW)


Steps = Callable[..., dict[str, list[str]]]
RECORDED = (
    (etcd, "backup"),
    (apt, "packages"),
    (upgrade, "control_plane"),
    (upgrade, "kubelet_config"),
    (upgrade, "restart_kubelet"),
    (node, "drain_for"),
    (node, "uncordon"),
    (network, "apply"),
    (k8s_control, "apply"),
    (k8s_node, "apply"),
    (k8s_worker, "apply"),
    (cluster, "apply"),
    (repositories, "kubernetes_repository"),
)


@pytest.fixture
def upgraded(wide: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Run the deploy on every machine; which steps each of them has, in their order."""

    def run(runs: str) -> dict[str, list[str]]:
        steps: dict[str, list[str]] = {}
        monkeypatch.setattr(preflight, "apply", lambda looks: wide)
        for machine in wide.machines:
            mine = steps.setdefault(machine.name, [])
            for module, step in RECORDED:
                told = step if step != "apply" else module.__name__.rpartition(".")[2]
                monkeypatch.setattr(
                    module,
                    step,
                    lambda *_, told=told, mine=mine, **given: mine.append(
                        f"{told} {given['node']}" if "node" in given else told
                    ),
                )
            for name in ("passed", "wait_at"):
                monkeypatch.setattr(gate, name, lambda *_, mine=mine, **__: mine.append("-"))
            facts = {ControlPlane: ControlPlaneState(version=runs)}
            on_host(facts, machine.name, machine.groups)
            nodes = {it.hostname: BEFORE for it in wide.members("k8s_node")}
            control = StubHost("vm-k8s", (), {Nodes: nodes, Upgrade: UpgradeState(runs)})
            play("upgrade.py", wide.machines, control)
        return steps

    return run


def test_a_snapshot_then_the_control_plane_then_a_node_after_the_other(upgraded: Steps) -> None:
    steps = upgraded(OLD)
    control, ours = steps["vm-k8s"], ("k8s_control", "k8s_worker", "cluster")
    begin = ["backup", "network", "kubernetes_repository", "packages", "control_plane"]
    assert [it for it in control if it != "-"] == [
        *begin,
        "k8s_control",
        *("drain_for vm-k8s", "k8s_node", "restart_kubelet vm-k8s", "uncordon vm-k8s"),
        *("drain_for vm-worker", "uncordon vm-worker"),
        *("drain_for vm-worker-2", "uncordon vm-worker-2"),
        *ours[1:],
    ]
    told = ["kubernetes_repository", "packages", "kubelet_config", "k8s_node"]
    for name, before in (("vm-worker", 5), ("vm-worker-2", 8)):
        own = [it for it in steps[name] if it not in ours]
        assert own.count("-") == 12
        assert own[before : before + 5] == [*told, f"restart_kubelet {name}"]
    assert {it for it in steps["vm-docker"]} == {"-", *ours}


def test_one_that_was_cut_off_takes_no_snapshot_of_what_is_half_new(upgraded: Steps) -> None:
    assert upgraded(NEW)["vm-k8s"][0] == "network"


def test_another_word_than_seconds_is_refused(
    upgraded: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WITHIN", "soon")
    with pytest.raises(Refused, match="WITHIN is 'soon'; write a number of seconds"):
        upgraded(OLD)
