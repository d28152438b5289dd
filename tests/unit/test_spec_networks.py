"""Networks and addresses: those that no platform can have are refused, with what to write."""

from __future__ import annotations

import pytest

import spec
from spec import Mistake, Refused
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]
NETWORKS = [
    ("all", "all hosts", "node_network"),
    ("docker_host", "docker_host", "docker_network"),
    ("k8s_control", "k8s_control", "pod_network"),
    ("k8s_control", "k8s_control", "service_network"),
]


WRONG = [
    ("0.0.0.0/0", "is every address there is: name the networks that are meant, one by one"),
    ("0.0.0.0/1", "holds 0.0.0.0/8, which is unspecified"),
    ("128.0.0.0/1", "holds 169.254.0.0/16, which is link-local"),
    ("127.0.0.0/16", "lies in 127.0.0.0/8, which is loopback"),
    ("126.0.0.0/7", "holds 127.0.0.0/8, which is loopback"),
    ("169.254.7.0/24", "lies in 169.254.0.0/16, which is link-local"),
    ("224.0.0.0/8", "lies in 224.0.0.0/4, which is multicast"),
    ("255.0.0.0/8", "lies in 240.0.0.0/4, which is reserved"),
    ("10.1.0.0", "not a range such as 10.1.0.0/16: its length is missing"),
    ("10.1.2.3/16", "10.1.2.3 is an address inside of it; write 10.1.0.0/16"),
    ("10.1.0.0/33", "not a valid IPv4 network: write one such as"),
    ("10.1.0/16", "not a valid IPv4 network: write one such as"),
    ("10.1.0.0/16 ", "not a valid IPv4 network: write one such as"),
    ("10.1.0.0/16\n", "not a valid IPv4 network: write one such as"),
    ("shop/16", "not a valid IPv4 network: write one such as"),
    ("fd00::/48", "a range of IPv6, which this platform does not speak"),
    ("", "its length is missing"),
    (24, "not a range such as 10.1.0.0/16, as text"),
    (None, "not a range such as 10.1.0.0/16, as text"),
]


@pytest.mark.parametrize(("group", "where", "setting"), NETWORKS, ids=[n[2] for n in NETWORKS])
@pytest.mark.parametrize(("value", "reason"), WRONG)
def test_a_network_that_has_no_machines_is_refused(
    hosts: Hosts, group: str, where: str, setting: str, value: object, reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, group, **{setting: value})
    assert (mistake.where, mistake.setting, mistake.value) == (where, setting, repr(value))
    assert reason in mistake.reason


@pytest.mark.parametrize(("value", "reason"), WRONG)
def test_a_network_of_operators_is_held_to_the_same(
    hosts: Hosts, value: object, reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, "all", operator_networks=["203.0.113.0/24", value])
    assert mistake.setting == "operator_networks"
    assert reason in mistake.reason


def test_everybody_in_two_halves_is_everybody(hosts: Hosts) -> None:
    found = mistakes_of(hosts, "all", operator_networks=["0.0.0.0/1", "128.0.0.0/1"])
    assert {mistake.setting for mistake in found} == {"operator_networks"}


@pytest.mark.parametrize(
    ("group", "settings"),
    [
        ("docker_host", {"docker_network": "10.200.0.0/21"}),
        ("docker_host", {"docker_network": "172.16.0.0/255.240.0.0"}),
        ("docker_host", {"docker_network": "100.64.0.0/10"}),
        ("docker_host", {"docker_network": "198.18.0.0/15"}),
        ("k8s_control", {"pod_network": "203.0.112.0/21"}),  # public, where nobody needs it
        ("k8s_control", {"pod_network": "11.0.0.0/8"}),
        ("k8s_control", {"pod_network": "10.244.0.0/23"}),
        ("k8s_control", {"service_network": "10.96.0.0/24"}),
        ("all", {"node_network": "192.168.56.32/27"}),
        ("all", {"node_network": "192.168.0.0/16"}),
        ("all", {"operator_networks": []}),
        ("all", {"operator_networks": ["203.0.113.7/32", "198.51.100.0/24"]}),
        ("all", {"operator_networks": ["192.168.0.0/16"]}),
        ("all", {"operator_networks": ["192.168.56.0/24"]}),
        ("all", {"operator_networks": ["192.168.56.7/32"]}),
        ("all", {"operator_networks": ["10.0.0.0/10", "8.0.0.0/7"]}),
    ],
    ids=str,
)
def test_a_network_that_fits_is_accepted(
    hosts: Hosts, group: str, settings: dict[str, object]
) -> None:
    assert spec.load(changed(hosts, group, **settings))


@pytest.mark.parametrize(
    ("group", "settings", "reason"),
    [
        ("docker_host", {"docker_network": "10.200.0.0/22"}, "enough for 4; write a /21 or larger"),
        ("docker_host", {"docker_network": "10.200.0.0/26"}, "enough for 0; write a /21 or larger"),
        ("k8s_control", {"pod_network": "10.244.0.0/24"}, "it is enough for 1 nodes"),
        ("k8s_control", {"pod_network": "64.0.0.0/7"}, "too large: a /8 is the most"),
        (
            "all",
            {"operator_networks": ["203.0.113.0/24", "203.0.113.0/24"]},
            "overlaps 203.0.113.0/24, which stands there already",
        ),
        (
            "all",
            {"operator_networks": ["203.0.113.0/24", "203.0.113.128/25"]},
            "overlaps 203.0.113.0/24, which stands there already",
        ),
        ("all", {"operator_networks": ["10.244.0.0/16"]}, "overlaps pod_network 10.244.0.0/16"),
        ("all", {"operator_networks": ["172.20.3.0/24"]}, "overlaps docker_network 172.20.0.0/14"),
        ("all", {"operator_networks": ["10.96.0.0/24"]}, "overlaps service_network 10.96.0.0/12"),
        ("all", {"dns_servers": ["10.96.0.10"]}, "lies in service_network 10.96.0.0/12"),
        ("all", {"dns_servers": ["1.1.1.1", "10.244.3.4"]}, "lies in pod_network 10.244.0.0/16"),
        ("all", {"dns_fallback": ["172.21.0.1"]}, "lies in docker_network 172.20.0.0/14"),
        ("all", {"dns_servers": ["127.0.0.53"]}, "127.0.0.53 is loopback"),
        ("all", {"dns_servers": ["0.0.0.0"]}, "0.0.0.0 is unspecified"),
        ("all", {"dns_servers": ["224.0.0.251"]}, "224.0.0.251 is multicast"),
        ("all", {"dns_fallback": ["255.255.255.255"]}, "255.255.255.255 is reserved"),
        ("all", {"dns_servers": []}, "empty; one at least is needed"),
        ("all", {"dns_servers": ["2606:4700::1111"]}, "an address of IPv6"),
        ("all", {"dns_servers": ["dns.example.org"]}, "not an IPv4 address such as"),
        ("all", {"dns_servers": ["1.1.1.1/32"]}, "not an IPv4 address such as"),
        ("all", {"dns_servers": ["1.1.1.1:53"]}, "not an IPv4 address such as"),
        ("all", {"dns_servers": [16843009]}, "not an IPv4 address such as 10.1.0.5, as text"),
    ],
    ids=str,
)
def test_a_network_or_address_that_does_not_fit_is_refused_with_what_to_write(
    hosts: Hosts, group: str, settings: dict[str, object], reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, group, **settings)
    assert mistake.setting == next(iter(settings))
    assert reason in mistake.reason


def test_a_clouds_own_dns_server_and_one_of_the_machines_network_are_accepted(
    hosts: Hosts,
) -> None:
    spec.load(changed(hosts, "all", dns_servers=["169.254.169.253", "192.168.56.1"]))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ("192.168.56.44/31", "it has room for 0 machines, and there are 3"),
        ("192.168.56.42/32", "it has room for 0 machines, and there are 3"),
        ("192.168.56.40/30", "it has room for 2 machines, and there are 3"),
    ],
)
def test_a_network_without_room_for_the_machines_is_refused(
    hosts: Hosts, network: str, reason: str
) -> None:
    found = mistakes_of(hosts, "all", node_network=network)
    (mistake,) = [one for one in found if one.setting == "node_network"]
    assert reason in mistake.reason


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.244.0.9", "pod_network 10.244.0.0/16"),
        ("172.20.0.9", "docker_network 172.20.0.0/14"),
        ("10.96.0.9", "service_network 10.96.0.0/12"),
    ],
)
def test_a_machine_is_not_reached_where_containers_are(
    hosts: Hosts, address: str, network: str
) -> None:
    data = {**hosts[1].data, "address": "192.168.56.43", "ssh_hostname": address}
    hosts[1] = HostData(hosts[1].name, hosts[1].groups, data)
    with pytest.raises(Refused) as told:
        spec.load(hosts)
    (mistake,) = told.value.mistakes
    assert isinstance(mistake, Mistake)
    assert (mistake.where, mistake.setting) == ("vm-k8s", "ssh_hostname")
    assert f"lies in {network}" in mistake.reason
