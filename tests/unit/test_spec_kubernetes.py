"""Settings of the cluster: what is refused, what is warned of, what follows from them."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

import spec
from spec import Mistake, Platform, Refused
from spec.inventory import HostData
from spec.lines import LINES, NEWEST, OLDEST, is_newer, kubeadm_api, no_upgrade, past_its_end
from tests.unit.doubles import changed

Hosts = list[HostData]


def mistakes(hosts: Hosts) -> set[Mistake]:
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    return {mistake for mistake in refused.value.mistakes if isinstance(mistake, Mistake)}


@pytest.mark.parametrize(
    ("setting", "value", "other"),
    [
        ("pod_network", "192.168.0.0/16", "node_network 192.168.56.0/24"),
        ("pod_network", "172.16.0.0/12", "docker_network 172.20.0.0/14"),
        ("service_network", "10.244.128.0/20", "pod_network 10.244.0.0/16"),
    ],
)
def test_a_range_that_overlaps_another_is_refused_naming_both(
    hosts: Hosts, setting: str, value: str, other: str
) -> None:
    expected = Mistake("k8s_control", setting, value, f"overlaps {other}; choose one beside it")
    assert mistakes(changed(hosts, "k8s_control", **{setting: value})) == {expected}


@pytest.mark.parametrize(("network", "room"), [("10.244.0.0/24", 1), ("10.244.0.0/26", 0)])
def test_a_pod_range_that_is_too_small_for_the_nodes_is_refused(
    hosts: Hosts, network: str, room: int
) -> None:
    (mistake,) = mistakes(changed(hosts, "k8s_control", pod_network=network))
    assert mistake.setting == "pod_network"
    assert f"enough for {room} nodes, and there are 2" in mistake.reason


@pytest.mark.parametrize(
    ("group", "settings", "setting", "reason"),
    [
        ("k8s_control", {"cni": "weave"}, "cni", "input should be 'calico' or 'flannel'"),
        (
            "k8s_control",
            {"calico_encapsulation": "gre"},
            "calico_encapsulation",
            "input should be 'vxlan', 'ipip' or 'bgp'",
        ),
        (
            "k8s_control",
            {"service_network": "10.96.0.0/28"},
            "service_network",
            "Kubernetes takes a range from /12 to /24 for services",
        ),
        (
            "k8s_node",
            {"kubernetes_version": "1.30"},
            "kubernetes_version",
            "not an exact version of Kubernetes such as 1.36.1",
        ),
        (
            "k8s_node",
            {"kubernetes_version": "1.99.0"},
            "kubernetes_version",
            f"this deploy knows Kubernetes {OLDEST} to {NEWEST}",
        ),
        (
            "k8s_worker",
            {"app_database_worker": "vm-other"},
            "app_database_worker",
            "no machine of k8s_worker has this name; there are vm-worker",
        ),
        (
            "k8s_worker",
            {"worker_labels": {"vm-k8s": {"disk": "ssd"}}},
            "worker_labels",
            "no machine of k8s_worker has this name; there are vm-worker",
        ),
    ],
)
def test_a_setting_of_the_cluster_that_cannot_be_is_refused_with_the_reason(
    hosts: Hosts, group: str, settings: dict[str, Any], setting: str, reason: str
) -> None:
    (mistake,) = mistakes(changed(hosts, group, **settings))
    assert (mistake.where, mistake.setting, mistake.reason) == (group, setting, reason)


def test_a_host_name_that_two_machines_have_is_refused(hosts: Hosts) -> None:
    twin = HostData(
        "@local/vm-worker", hosts[2].groups, {**hosts[2].data, "address": "192.168.56.45"}
    )
    reason = "vm-worker has this host name already"
    assert mistakes([*hosts, twin]) == {
        Mistake("inventory", "host name", "@local/vm-worker", reason)
    }


@pytest.mark.parametrize(
    ("minor", "today", "warned"),
    [
        ("1.30", date(2025, 4, 16), ""),
        ("1.30", date(2025, 4, 17), "1.30 gets security fixes until 2025-07-15 only"),
        ("1.30", date(2025, 7, 15), "1.30 gets security fixes until 2025-07-15 only"),
        ("1.30", date(2025, 7, 16), "1.30 reached its end of life on 2025-07-15"),
    ],
)
def test_a_line_at_its_end_is_a_warning_with_its_date(minor: str, today: date, warned: str) -> None:
    output = past_its_end(minor, today)
    assert bool(output) == bool(warned)
    assert warned in output
    assert not warned or "`make upgrade`" in output


UPGRADES = {
    ("1.35.4", "1.36.3"): "",
    ("1.36.1", "1.36.3"): "",
    ("1.36.3", "1.36.3"): "",
    ("1.34.9", "1.36.3"): "it goes up one line at a time; set it to a version of 1.35 first",
    ("1.36.3", "1.35.4"): "a cluster does not go back; set it to 1.36.3",
    ("1.36.3", "1.36.2"): "a cluster does not go back; set it to 1.36.3",
}


@pytest.mark.parametrize(("runs", "wanted"), UPGRADES)
def test_a_cluster_goes_to_a_later_patch_or_to_the_next_line(runs: str, wanted: str) -> None:
    reason = no_upgrade(runs, wanted)
    assert bool(reason) == bool(UPGRADES[runs, wanted])
    assert UPGRADES[runs, wanted] in reason


def test_versions_are_compared_as_numbers() -> None:
    assert is_newer("1.36.10", "1.36.9") and not is_newer("1.36.9", "1.36.10")
    assert not is_newer("1.36.3", "1.36.3")


def test_every_step_has_a_calico_for_both_of_its_lines() -> None:
    lines = list(LINES.values())
    for was, to_be in pairwise(lines):
        assert set(was.calico) & set(to_be.calico)


def test_the_lines_that_are_known_follow_each_other() -> None:
    assert list(LINES) == [f"1.{minor}" for minor in range(28, 38)]
    assert (OLDEST, NEWEST) == ("1.28", "1.37")
    assert sorted(line.end for line in LINES.values()) == [line.end for line in LINES.values()]
    assert [kubeadm_api(minor) for minor in ("1.28", "1.30", "1.31", "1.37")] == [
        "v1beta3",
        "v1beta3",
        "v1beta4",
        "v1beta4",
    ]


def test_the_operators_way_to_a_machine_is_an_address_of_its_own(hosts: Hosts) -> None:
    data = {**hosts[1].data, "ssh_hostname": "jump.example.org", "address": "192.168.56.43"}
    hosts[1] = HostData(hosts[1].name, hosts[1].groups, data)
    platform: Platform = spec.load(hosts)
    assert platform.control.ssh_hostname == "jump.example.org"
    assert str(platform.control.address) == "192.168.56.43"


@pytest.mark.parametrize(
    ("cni", "pods", "fits"),
    [("flannel", 253, True), ("flannel", 254, False), ("calico", 500, True)],
)
def test_a_node_has_an_address_for_each_of_its_pods(
    hosts: list[HostData], cni: str, pods: int, fits: bool
) -> None:
    given = changed(hosts, "k8s_control", cni=cni, kubeadm_kubelet={"maxPods": pods})
    if fits:
        spec.load(given)
    else:
        (mistake,) = mistakes(given)
        assert mistake.setting == "kubeadm_kubelet"
        assert mistake.reason.startswith(
            "254 are more than the 253 for which flannel has addresses"
        )
