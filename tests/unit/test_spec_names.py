"""Names and addresses: one kind in place of the other, and names taken twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.certificates import certificate
from tests.unit.doubles import changed
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]


def renamed(hosts: Hosts, old: str, new: str) -> Hosts:
    found = [HostData(new, h.groups, h.data) if h.name == old else h for h in hosts]
    return changed(
        found, "k8s_worker", app_database_worker=new if old == "vm-worker" else "vm-worker"
    )


@pytest.mark.parametrize("old", ["vm-docker", "vm-k8s", "vm-worker"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("localhost", "is what each machine calls itself"),
        ("localhost.localdomain", "is what each machine calls itself"),
        ("192.168.56.44", "an address, where a name is wanted"),
        ("10.1.1.1", "an address, where a name is wanted"),
        ("vm.1", "ends in a number, as an address does"),
        ("42", "ends in a number, as an address does"),
        ("Worker", "not a host name by RFC 1123"),
        ("worker_1", "not a host name by RFC 1123"),
        ("worker.", "not a host name by RFC 1123"),
        ("", "not a host name by RFC 1123"),
        ("a b", "not a host name by RFC 1123"),
        ("worker\n", "not a host name by RFC 1123"),
        (f"{'a' * 40}.{'b' * 40}", "81 characters long, and a node's name is a label of 63"),
    ],
)
def test_a_machine_is_called_by_a_name_that_a_node_can_have(
    hosts: Hosts, old: str, name: str, reason: str
) -> None:
    (mistake,) = mistakes_of(renamed(hosts, old, name))
    assert (mistake.where, mistake.setting, mistake.value) == ("inventory", "host name", name)
    assert reason in mistake.reason


@pytest.mark.parametrize(
    "name", ["worker", "w1", "1w", "worker-1.example.org", "@ssh/worker", f"{'a' * 59}.org"]
)
def test_a_usual_name_is_accepted(hosts: Hosts, name: str) -> None:
    hosts = renamed(hosts, "vm-worker", name)
    host = name.rpartition("/")[2]
    assert spec.load(changed(hosts, "k8s_worker", app_database_worker=host))


@pytest.mark.parametrize("machine", ["vm-docker", "vm-k8s", "vm-worker"])
@pytest.mark.parametrize(
    ("name", "setting"), [("harbor.local", "harbor_url"), ("hit.local", "edge_host")]
)
def test_a_machine_called_like_the_registry_or_the_edge_is_refused(
    hosts: Hosts, machine: str, name: str, setting: str
) -> None:
    (mistake,) = mistakes_of(renamed(hosts, machine, name))
    assert mistake.setting == setting
    assert mistake.reason == f"a machine is called {name}: choose a name that no machine has"


def test_two_machines_behind_one_door_are_refused(hosts: Hosts) -> None:
    door = {"ssh_hostname": "jump.example.org", "ssh_port": 2222}
    for number in (1, 2):
        own = {"address": str(hosts[number].data["ssh_hostname"])}
        hosts[number] = HostData(
            hosts[number].name, hosts[number].groups, {**hosts[number].data, **door, **own}
        )
    (mistake,) = mistakes_of(hosts)
    assert (mistake.where, mistake.setting) == ("vm-worker", "ssh_hostname")
    assert "leads to vm-k8s as well, by port 2222" in mistake.reason
    data = {**hosts[2].data, "ssh_port": 2223}
    hosts[2] = HostData(hosts[2].name, hosts[2].groups, data)
    assert spec.load(hosts)


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("host_key", "ssh-ed25519", "not an SSH host key such as"),
        ("ssh_strict_host_key_checking", "accept-new", "would believe any host key: take it out"),
        ("ssh_strict_host_key_checking", "off", "would believe any host key: take it out"),
    ],
)
def test_whoever_would_be_believed_at_first_sight_is_refused(
    hosts: list[HostData], setting: str, value: str, reason: str
) -> None:
    hosts[1] = HostData(hosts[1].name, hosts[1].groups, {**hosts[1].data, setting: value})
    (mistake,) = mistakes_of(hosts)
    assert (mistake.where, mistake.setting, mistake.value) == (hosts[1].name, setting, value)
    assert reason in mistake.reason


@pytest.mark.parametrize(
    ("group", "settings", "reason"),
    [
        ("docker_host", {"edge_host": "192.168.56.42"}, "an address, where a name is wanted"),
        ("docker_host", {"edge_host": "localhost"}, "is what each machine calls itself"),
        ("docker_host", {"edge_host": "https://shop.org"}, "not a host name by RFC 1123"),
        ("docker_host", {"edge_host": "shop.org:443"}, "not a host name by RFC 1123"),
        ("docker_host", {"edge_host": "Shop.org"}, "not a host name by RFC 1123"),
        ("docker_host", {"edge_host": "*.shop.org"}, "not a host name by RFC 1123"),
        ("docker_host", {"edge_host": f"{'a' * 64}.org"}, "1 to 63 characters each"),
        ("all", {"dns_probe": "1.1.1.1"}, "an address, where a name is wanted"),
        ("all", {"dns_probe": "localhost"}, "is what each machine calls itself"),
        ("docker_host", {"gitlab_ssh_host": "localhost"}, "is what each machine calls itself"),
        ("docker_host", {"gitlab_ssh_host": "127.0.0.1"}, "127.0.0.1 is loopback"),
        ("docker_host", {"gitlab_ssh_host": "git.org:22"}, "not a host name by RFC 1123"),
        ("k8s_control", {"kubeadm_extra_sans": ["api shop"]}, "not a host name by RFC 1123"),
        ("k8s_control", {"kubeadm_extra_sans": ["https://api"]}, "not a host name by RFC 1123"),
        ("k8s_control", {"kubeadm_extra_sans": ["10.1.1.300"]}, "ends in a number"),
        ("docker_host", {"harbor_url": "http://localhost:5000"}, "what each machine calls itself"),
        ("docker_host", {"harbor_url": "http://127.0.0.1:5000"}, "127.0.0.1 is loopback"),
        ("docker_host", {"harbor_url": "http://0.0.0.0:5000"}, "0.0.0.0 is unspecified"),
        ("docker_host", {"harbor_url": "http://Reg.local:5000"}, "not a host name by RFC 1123"),
        ("docker_host", {"harbor_url": "http://10.1.1.300:5000"}, "ends in a number"),
        ("docker_host", {"harbor_url": "http://reg.local:05000"}, "its port is none"),
        (
            "docker_host",
            {"harbor_url": "http://192.168.56.43:5000"},
            "not the address of the machine that serves it: write 192.168.56.42, or a name",
        ),
        (
            "docker_host",
            {"harbor_url": "https://192.168.56.42:5000"},
            "the certificate that a run makes is for a name",
        ),
        ("k8s_node", {"containerd_mirrors": {"a/b": "http://m"}}, "not a host name by RFC 1123"),
        ("k8s_node", {"containerd_mirrors": {"a:0": "http://m"}}, "its port is none"),
        (
            "k8s_node",
            {"containerd_mirrors": {"harbor.local:8080": "http://mirror"}},
            "is the platform's own registry (harbor_url)",
        ),
    ],
    ids=str,
)
def test_a_name_that_leads_nowhere_is_refused_with_what_to_write(
    hosts: Hosts, group: str, settings: Mapping[str, Any], reason: str
) -> None:
    (mistake,) = mistakes_of(changed(hosts, group, **settings))
    assert mistake.setting.partition(".")[0] == next(iter(settings))
    assert reason in mistake.reason


@pytest.mark.parametrize(
    ("group", "settings"),
    [
        ("docker_host", {"edge_host": "shop"}),
        ("docker_host", {"edge_host": "xn--shp-una.example.org"}),
        ("docker_host", {"gitlab_ssh_host": "192.168.56.9", "gitlab_ssh_port": 2222}),
        ("k8s_control", {"kubeadm_extra_sans": ["api.org", "203.0.113.7", "localhost"]}),
        ("k8s_control", {"kubeadm_extra_sans": ["127.0.0.1"]}),
        ("k8s_node", {"containerd_mirrors": {"ghcr.io": "http://127.0.0.1:5000"}}),
        ("k8s_node", {"containerd_mirrors": {"reg.example.org:5000": "https://m/v2/x"}}),
        ("docker_host", {"docker_registry_mirrors": ["https://mirror.example.org/hub"]}),
    ],
    ids=str,
)
def test_names_and_addresses_are_accepted_where_both_serve(
    hosts: Hosts, group: str, settings: Mapping[str, Any]
) -> None:
    assert spec.load(changed(hosts, group, **settings))


def test_a_registry_by_address_is_no_name_of_its_machine(hosts: Hosts) -> None:
    platform = spec.load(changed(hosts, "docker_host", harbor_url="http://192.168.56.42:5000"))
    assert platform.registry == "192.168.56.42:5000"
    assert platform.plain_registries == ("192.168.56.42:5000",)
    assert platform.names(platform.machine("vm-docker")) == ("vm-docker", "hit.local")


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("192.168.56.42", None),
        ("192.168.56.43", "is not for 192.168.56.42 (harbor_url)"),
        ("harbor.local", "is not for 192.168.56.42 (harbor_url)"),
    ],
)
def test_an_own_certificate_of_a_registry_by_address_is_for_the_address(
    hosts: Hosts, tmp_path: Path, named: str, reason: str | None
) -> None:
    crt, key = certificate(tmp_path, named)
    own = changed(
        hosts,
        "docker_host",
        harbor_url="https://192.168.56.42:5000",
        harbor_certificate=str(crt),
        harbor_certificate_key=str(key),
    )
    if reason is None:
        assert spec.load(own).registry == "192.168.56.42:5000"
    else:
        (mistake,) = mistakes_of(own)
        assert (mistake.setting, mistake.reason) == ("harbor_certificate", reason)
