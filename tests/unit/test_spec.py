"""What the spec refuses, and what it says then: where, which setting, its value, the reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import spec
from spec import Mistake, Refused
from spec.inventory import HostData
from tests.unit.doubles import CHECKOUT, PASSWORD, changed

Hosts = list[HostData]


def mistakes(hosts: Hosts) -> set[Mistake]:
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    assert str(refused.value).startswith("Settings are refused; nothing was touched.\n")
    return {mistake for mistake in refused.value.mistakes if isinstance(mistake, Mistake)}


def addressed(hosts: Hosts, **addresses: str) -> Hosts:
    return [
        HostData(h.name, h.groups, {**h.data, "ssh_hostname": addresses[h.name.replace("-", "_")]})
        if h.name.replace("-", "_") in addresses
        else h
        for h in hosts
    ]


def test_the_shipped_settings_are_accepted(hosts: Hosts) -> None:
    platform = spec.load(hosts)
    assert [machine.name for machine in platform.machines] == ["vm-docker", "vm-k8s", "vm-worker"]
    assert spec.platform() is platform


def test_what_these_tests_read_is_what_pyinfra_reads(hosts: Hosts) -> None:
    pyinfra = Path(sys.executable).with_name("pyinfra")
    told = subprocess.run(
        [pyinfra, "inventory.py", "debug-inventory", "--json"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    rows = {row["name"]: row for row in json.loads(told.stdout)}
    assert {host.name: dict(host.data) for host in hosts} == {
        name: row["data"] for name, row in rows.items()
    }
    for host in hosts:
        assert {*host.groups, "inventory"} == set(rows[host.name]["groups"])


def test_a_machine_without_a_valid_address_is_refused(hosts: Hosts) -> None:
    reason = "not an IPv4 address on the node network"
    assert mistakes(addressed(hosts, vm_k8s="192.168.56.430")) == {
        Mistake("vm-k8s", "ssh_hostname", "192.168.56.430", reason)
    }


def test_an_address_that_two_machines_have_is_refused(hosts: Hosts) -> None:
    assert mistakes(addressed(hosts, vm_worker="192.168.56.42")) == {
        Mistake("vm-worker", "address", "192.168.56.42", "vm-docker has this address already")
    }


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.1.1.1", "outside of node_network 192.168.56.0/24"),
        ("192.168.56.255", "not an address of a host in node_network 192.168.56.0/24"),
        ("192.168.56.0", "not an address of a host in node_network 192.168.56.0/24"),
    ],
)
def test_an_address_that_no_machine_of_the_network_can_have_is_refused(
    hosts: Hosts, address: str, reason: str
) -> None:
    assert mistakes(addressed(hosts, vm_worker=address)) == {
        Mistake("vm-worker", "address", address, reason)
    }


def test_an_address_of_its_own_stands_for_one_behind_another_way_in(hosts: Hosts) -> None:
    forwarded = addressed(hosts, vm_k8s="jump.example.org")
    data = {**forwarded[1].data, "address": "192.168.56.43"}
    forwarded[1] = HostData(forwarded[1].name, forwarded[1].groups, data)
    assert str(spec.load(forwarded).machine("vm-k8s").address) == "192.168.56.43"


def test_overlapping_ranges_are_refused_naming_both(hosts: Hosts) -> None:
    assert mistakes(changed(hosts, "docker_host", docker_network="192.168.0.0/16")) == {
        Mistake(
            "docker_host",
            "docker_network",
            "192.168.0.0/16",
            "overlaps node_network 192.168.56.0/24; choose one beside it",
        )
    }


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("docker_verison", "did you mean docker_version?"),
        ("zzz", "no setting has a name like it"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_known_name(
    hosts: Hosts, setting: str, hint: str
) -> None:
    assert mistakes(changed(hosts, "docker_host", **{setting: "1"})) == {
        Mistake("vm-docker", setting, "", f"unknown setting; {hint}")
    }


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("project_path", "it is called application_path now"),
        ("project_source", "it is called application_source now"),
        ("project_variables", "it is called pipeline_variables now"),
        ("app_go_port", "write it as app_tiers, under go, as port"),
        ("seed", "it is an argument of one command now: make migrate SEED=1"),
    ],
)
def test_a_setting_under_its_old_name_is_refused_with_what_to_write_now(
    hosts: Hosts, old: str, now: str
) -> None:
    assert mistakes(changed(hosts, "docker_host", **{old: "1"})) == {
        Mistake("vm-docker", old, "", f"unknown setting; {now}")
    }


@pytest.mark.parametrize("group", ["docker_host", "k8s_control", "k8s_worker"])
def test_an_empty_group_is_refused(hosts: Hosts, group: str) -> None:
    left = [host for host in hosts if group not in host.groups]
    empty = Mistake("inventory", group, "", "the group is empty; it needs a machine")
    assert mistakes(left) == {empty}


def test_two_machines_in_a_group_that_takes_one_are_refused(hosts: Hosts) -> None:
    data = {**hosts[1].data, "ssh_hostname": "192.168.56.45"}
    twice = [*hosts, HostData("vm-other", ["docker_host"], data)]
    reason = "the group takes exactly one machine"
    assert Mistake("inventory", "docker_host", "vm-docker, vm-other", reason) in mistakes(twice)


@pytest.mark.parametrize("group", ["docker_host", "k8s_control"])
def test_a_machine_with_two_roles_is_refused(hosts: Hosts, group: str) -> None:
    twice = [
        HostData(h.name, [*h.groups, "k8s_worker", "k8s_node"], h.data) if group in h.groups else h
        for h in hosts
    ]
    found = [one for one in mistakes(twice) if one.value == f"{group}, k8s_worker"]
    assert [one.setting for one in found] == [h.name for h in hosts if group in h.groups]
    assert found[0].reason.startswith("one machine, one role")


def test_a_node_outside_of_k8s_node_is_refused(hosts: Hosts) -> None:
    lost = [HostData(h.name, ["k8s_worker"], h.data) if h.name == "vm-worker" else h for h in hosts]
    reason = "must be k8s_control + k8s_worker"
    assert mistakes(lost) == {Mistake("inventory", "k8s_node", "vm-k8s", reason)}


@pytest.mark.parametrize("name", ["VM-Worker", "vm_worker", "-worker", "a" * 64])
def test_a_host_name_that_is_none_by_rfc_1123_is_refused(hosts: Hosts, name: str) -> None:
    renamed = [HostData(name, h.groups, h.data) if h.name == "vm-worker" else h for h in hosts]
    (mistake,) = mistakes(changed(renamed, "k8s_worker", app_database_worker=name))
    assert (mistake.where, mistake.setting, mistake.value) == ("inventory", "host name", name)
    assert mistake.reason.startswith("not a host name by RFC 1123: labels of a-z, 0-9 and '-'")


def test_a_setting_that_differs_within_a_group_is_refused(hosts: Hosts) -> None:
    data = {**hosts[2].data, "dns_probe": "example.org"}
    hosts[2] = HostData(hosts[2].name, hosts[2].groups, data)
    (mistake,) = mistakes(hosts)
    assert (mistake.where, mistake.setting) == ("all hosts", "dns_probe")
    assert "vm-worker 'example.org'" in mistake.value
    assert mistake.reason == "must be the same on every host of the group"


def test_a_missing_setting_is_refused_with_its_home(hosts: Hosts) -> None:
    for host in hosts:
        assert isinstance(host.data, dict)
        host.data.pop("docker_version", None)
    reason = "missing; its home is the group's file in group_data/"
    assert mistakes(hosts) == {Mistake("docker_host", "docker_version", "", reason)}


def test_every_mistake_is_told_in_one_refusal(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARBOR_ADMIN_PASSWORD")
    wrong = changed(hosts, "docker_host", docker_version="banana", edge_host="no_name", oops=1)
    wrong = addressed(wrong, vm_worker="nowhere")
    found = mistakes(wrong)
    assert {(m.where, m.setting) for m in found} == {
        ("docker_host", "docker_version"),
        ("docker_host", "edge_host"),
        ("vm-docker", "oops"),
        ("vm-worker", "ssh_hostname"),
        ("secrets", "harbor_admin_password"),
    }


def test_a_refusal_shows_each_mistake_on_a_line_and_never_a_password(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", PASSWORD.lower())
    with pytest.raises(Refused) as refused:
        spec.load(changed(hosts, "docker_host", docker_version="banana"))
    lines = str(refused.value).splitlines()
    assert lines[1] == "    docker_host: docker_version = 'banana': not a version such as 1.2.3"
    assert len(lines) == 3
    assert PASSWORD.lower() not in str(refused.value)
