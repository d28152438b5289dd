"""A node's own chain: which NodePorts, pods and Services are reached, and from where."""

from __future__ import annotations

import pytest

import spec
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed
from tests.unit.tasks_run import files_of, run
from tests.unit.test_firewall import chain

FENCED = [
    *(
        f"-p {protocol} -m multiport --dports 30000:32767 -m addrtype --dst-type LOCAL -j DROP"
        for protocol in ("tcp", "udp", "sctp")
    ),
    *(
        f"-s 10.244.0.0/16 -i {card} {rule}"
        for card in ("cali+", "vxlan.calico")
        for rule in (
            "-p tcp -m multiport --dports 9100,10250 -m addrtype --dst-type LOCAL -j RETURN",
            "-m addrtype --dst-type LOCAL -j DROP",
            "-j RETURN",
        )
    ),
    "-s 10.244.0.0/16 -j DROP",
    "-d 10.244.0.0/16 -j DROP",
    "-d 10.96.0.0/12 -j DROP",
    "-j RETURN",
]


def test_node_ports_are_for_edge_and_operators_and_pods_and_services_for_pods(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = changed(hosts, "k8s_worker", monitoring_enabled=True, monitoring_loki_port=None)
    platform = spec.load(changed(watched, "all", operator_networks=["203.0.113.0/24"]))
    calls = run("k8s_node", "vm-worker", platform, on_host, monkeypatch)
    here = "-m addrtype --dst-type LOCAL"
    served, watches, journals = (
        f"-p tcp -m multiport --dports {ports} {here} -j RETURN"
        for ports in ("30080,30081,30082", "30030,30090", "30101")
    )
    expected = [
        "-i lo -j RETURN",
        "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
        f"-s 192.168.56.42/32 {served}",
        f"-s 203.0.113.0/24 {served}",
        f"-s 203.0.113.0/24 {watches}",
        *(f"-s 192.168.56.{number}/32 {journals}" for number in (42, 43, 44)),
        *FENCED,
    ]
    assert chain(calls).arguments["rules"] == [f"-A NODE-FIREWALL {rule}" for rule in expected]
    lines = files_of(calls)["/etc/kubernetes/firewall.rules"].content.splitlines()
    told = lines[lines.index(":NODE-FIREWALL - [0:0]") + 1 :]
    assert told == [*chain(calls).arguments["rules"], "COMMIT"]


@pytest.mark.parametrize(
    ("settings", "cards", "unwrapped"),
    [
        ({"cni": "flannel"}, ["cni0", "flannel.1"], []),
        ({"calico_encapsulation": "ipip"}, ["cali+", "tunl0"], []),
        (
            {"calico_encapsulation": "bgp"},
            ["cali+"],
            ["10.244.0.0/16", "192.168.56.43/32", "192.168.56.44/32"],
        ),
    ],
)
def test_pods_are_believed_where_their_network_brings_them_in(
    hosts: list[HostData],
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    cards: list[str],
    unwrapped: list[str],
) -> None:
    platform = spec.load(changed(hosts, "k8s_control", **settings))
    rules = chain(run("k8s_node", "vm-k8s", platform, on_host, monkeypatch)).arguments["rules"]
    here = "-m addrtype --dst-type LOCAL"
    expected = [
        f"-s 10.244.0.0/16 -i {card} {rule}"
        for card in cards
        for rule in (
            f"-p tcp -m multiport --dports 6443,10250 {here} -j RETURN",
            f"{here} -j DROP",
            "-j RETURN",
        )
    ]
    expected += [f"-s {source} -d 10.244.0.0/16 -j RETURN" for source in unwrapped]
    assert rules[6:-4] == [f"-A NODE-FIREWALL {rule}" for rule in expected]
