"""`make upgrade`: what speaks against it, in which steps it goes, how each is done again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facts.apt import Packages
from facts.kubernetes import ControlPlane, ControlPlaneState
from facts.nodes import Nodes, NodeState
from facts.probe import Probe
from facts.probe.others import Running
from facts.probe.packages import PackageState
from facts.probe.system import Room
from facts.upgrade import DeprecatedApi, Upgrade, UpgradeState
from operate.upgradable import serving, upgradable
from operations import node, upgrade
from spec import Mistake, Platform, Refused
from spec.inventory import HostData
from spec.load import load
from tasks import preflight
from tasks.preflight import OF_A_RUN, OF_AN_UPGRADE, upgrading
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, StubHost, changed, commands, stdin_of, texts

OLD, NEW = "1.35.4", "1.36.3"
BEFORE = NodeState(ready=True, kubelet=OLD)
AFTER = NodeState(ready=True, kubelet=NEW)
NODES = {"vm-k8s": BEFORE, "vm-worker": BEFORE}
SCRIPT = CHECKOUT / "files/k8s_control/usr/local/sbin/kubeadm-upgrade"


@pytest.fixture
def hosts(hosts: list[HostData]) -> list[HostData]:
    """The shipped ones, of a version that can be gone to."""
    hosts = changed(hosts, "k8s_control", calico_version="3.32.1")
    return changed(hosts, "k8s_node", kubernetes_version=NEW)


def every(platform: Platform) -> frozenset[str]:
    return frozenset(machine.name for machine in platform.machines)


def refusal(
    platform: Platform, nodes: dict[str, NodeState], state: UpgradeState | None = None
) -> str:
    with pytest.raises(Refused) as refused:
        upgradable(platform, nodes, state or UpgradeState(OLD), every(platform))
    return str(refused.value)


def test_a_cluster_whose_nodes_are_well_may_be_upgraded_also_half_way(platform: Platform) -> None:
    upgradable(platform, NODES, UpgradeState(OLD), every(platform))
    upgradable(platform, NODES | {"vm-k8s": AFTER}, UpgradeState(NEW), every(platform))


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ({}, "vm-k8s cannot be asked which nodes there are"),
        ({"vm-worker": NodeState(kubelet=OLD)}, "vm-worker is not Ready: look there with"),
        ({"vm-x": BEFORE}, "vm-x is in the cluster, and no machine of the inventory"),
        ({"vm-worker": replace(BEFORE, kubelet="1.37.0")}, "kubelet of vm-worker is 1.37.0"),
    ],
)
def test_what_must_not_be_upgraded_is_refused_in_one_sentence(
    platform: Platform, nodes: dict[str, NodeState], sentence: str
) -> None:
    output = refusal(platform, NODES | nodes if nodes else {})
    assert sentence in output
    assert "othing was touched" in output


def test_a_machine_that_has_not_joined_is_no_part_of_an_upgrade(platform: Platform) -> None:
    assert "vm-worker is no node of the cluster yet" in refusal(platform, {"vm-k8s": BEFORE})


def test_a_node_that_is_left_out_of_the_run_is_not_forgotten(platform: Platform) -> None:
    with pytest.raises(Refused, match=r"vm-worker is left out by --limit"):
        upgradable(platform, NODES, UpgradeState(OLD), frozenset({"vm-docker", "vm-k8s"}))


@pytest.mark.parametrize(("removed", "refused"), [("1.36", True), ("1.37", False), ("", False)])
def test_an_api_that_somebody_asks_for_and_the_next_line_lacks_is_named(
    platform: Platform, removed: str, refused: bool
) -> None:
    state = UpgradeState(OLD, (DeprecatedApi("flowschemas of f.k8s.io/v1beta3", removed),))
    if not refused:
        upgradable(platform, NODES, state, every(platform))
        return
    output = refusal(platform, NODES, state)
    assert "flowschemas of f.k8s.io/v1beta3 (gone from 1.36 on)" in output
    assert "Deprecated API Migration Guide" in output


def seen(version: str = OLD, kubelet: str = OLD, free: int = 9000) -> Probe:
    bare = Probe()
    rooms = (Room("/usr", free, "/"), Room("/var/lib/containerd", free, "/"))
    return replace(
        bare,
        others=replace(bare.others, running=Running(version=version), server="https://a:6443"),
        packages=PackageState(installed=(("kubelet", f"{kubelet}-1.1"),)),
        system=replace(bare.system, rooms=rooms),
    )


def found(platform: Platform, name: str, probe: Probe) -> list[str]:
    findings = upgrading.findings(platform, platform.machine(name), probe)
    return [str(one) for one in findings if isinstance(one, Mistake)]


@pytest.mark.parametrize(
    ("name", "probe", "sentence"),
    [
        ("vm-k8s", seen(""), "has no cluster to upgrade: `make deploy` begins one"),
        ("vm-k8s", seen("1.34.2"), "set it to a version of 1.35 first"),
        ("vm-k8s", seen("1.36.4"), "a cluster does not go back"),
        ("vm-worker", seen(kubelet="1.36.99"), "its kubelet is 1.36.99, and kubernetes_version is"),
        ("vm-worker", seen(free=1399), "1399 MiB free on /, 1400 are needed there for new"),
    ],
)
def test_what_a_machine_says_against_an_upgrade(
    platform: Platform, name: str, probe: Probe, sentence: str
) -> None:
    (output,) = found(platform, name, probe)
    assert sentence in output


def test_a_platform_of_an_older_version_may_be_upgraded(platform: Platform) -> None:
    for name in ("vm-docker", "vm-k8s", "vm-worker"):
        assert found(platform, name, seen(free=1400)) == []
    (note,) = upgrading.findings(platform, platform.machine("vm-worker"), seen())
    assert "is the only worker" in str(note)
    assert set(OF_AN_UPGRADE) ^ set(OF_A_RUN) == {
        upgrading.findings,
        preflight.version.findings,
    }


def test_a_calico_that_is_not_made_for_what_runs_is_refused_with_one_for_both(
    hosts: list[HostData],
) -> None:
    newer = load(changed(hosts, "k8s_control", calico_version="3.33.0"))
    (output,) = found(newer, "vm-k8s", seen("1.35.4")) or [""]
    assert output == ""
    hosts = changed(hosts, "k8s_node", kubernetes_version="1.35.4")
    newer = load(changed(hosts, "k8s_control", calico_version="3.33.0"))
    (output,) = found(newer, "vm-k8s", seen("1.34.2"))
    assert "Calico 3.33 is not made for Kubernetes 1.34" in output
    assert "set calico_version to one of 3.31, 3.32" in output


@pytest.mark.parametrize(
    ("kubelet", "cut_off"), [(OLD, True), ("1.36.1", False), (NEW, False), ("1.36.99", False)]
)
def test_a_run_leaves_a_node_alone_that_an_upgrade_has_not_come_to(
    platform: Platform, kubelet: str, cut_off: bool
) -> None:
    probe = seen(NEW, kubelet)
    findings = list(preflight.version.findings(platform, platform.machine("vm-worker"), probe))
    assert bool(findings) == cut_off
    assert not cut_off or "`make upgrade` comes to it" in str(findings[0])


def test_kubeadm_upgrades_a_control_plane_until_all_of_it_is_there(
    platform: Platform, on_host: OnHost
) -> None:
    for version, proxy in ((OLD, OLD), (NEW, OLD), (OLD, NEW)):
        state = ControlPlaneState(version=version)
        on_host({ControlPlane: state, Upgrade: UpgradeState(proxy)}, "vm-k8s")
        first, wait = commands(upgrade.control_plane, platform=platform)
        assert first.get_raw_value() == f"bash -s -- apply {NEW}"
        assert stdin_of(first) == SCRIPT.read_text()
        assert "readyz" in wait.get_raw_value()
    on_host({ControlPlane: ControlPlaneState(version=NEW), Upgrade: UpgradeState(NEW)}, "vm-k8s")
    assert texts(upgrade.control_plane, platform=platform) == []


def test_kubelet_is_told_what_is_new_before_its_package_comes(
    hosts: list[HostData], on_host: OnHost
) -> None:
    ignoring = load(changed(hosts, "k8s_control", kubeadm_ignored_errors=["SystemVerification"]))
    on_host({Packages: {"kubelet": f"{OLD}-1.1"}})
    assert texts(upgrade.kubelet_config, platform=ignoring) == [
        "bash -s -- node SystemVerification"
    ]
    on_host({Packages: {"kubelet": f"{NEW}-1.1"}})
    assert texts(upgrade.kubelet_config, platform=ignoring) == []


def test_kubelet_is_restarted_until_the_new_one_runs(on_host: OnHost) -> None:
    on_host({}, "vm-worker")
    for state, restarts in ((BEFORE, 1), (AFTER, 0)):
        control: Any = StubHost("vm-k8s", (), {Nodes: {"vm-worker": state}})
        given = {"node": "vm-worker", "control": control, "version": NEW}
        assert len(texts(upgrade.restart_kubelet, **given)) == restarts


def test_a_node_is_emptied_before_its_turn_and_takes_pods_after_it(
    platform: Platform, wide: Platform, on_host: OnHost
) -> None:
    given = {"node": "vm-worker", "version": NEW, "within": 7}
    on_host({Nodes: NODES}, "vm-k8s")
    assert texts(node.drain_for, platform=wide, **given) == ["bash -s -- vm-worker 7"]
    # Nowhere to go.
    alone = texts(node.drain_for, platform=platform, **given)
    assert alone == ["bash -s -- vm-worker 7 --disable-eviction"]
    assert texts(node.uncordon, node="vm-worker") == []
    on_host({Nodes: {"vm-worker": replace(AFTER, cordoned=True)}}, "vm-k8s")
    assert texts(node.drain_for, platform=wide, **given) == []
    (uncordon,) = texts(node.uncordon, node="vm-worker")
    assert "uncordon vm-worker" in uncordon
    # Where the API server says nothing, nobody takes it for done.
    on_host({Nodes: {}}, "vm-k8s")
    assert texts(node.uncordon, node="vm-worker") == [uncordon]


def test_the_application_serves_again_when_each_of_its_parts_has_a_pod(
    platform: Platform,
) -> None:
    ready, parts = serving(platform, "vm-worker")
    assert f"grep -qx 'vm-worker v{NEW} Ready'" in ready.command
    assert "-n threebody-prod get deployments,statefulsets" in parts.command
