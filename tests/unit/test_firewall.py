"""Open ports: what the spec opens, what UFW and Docker's own chain are told."""

from __future__ import annotations

import pytest

import spec
from facts.machine import OperatorAddress
from spec import Platform
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import Facts, changed
from tests.unit.tasks_run import Call, files_of, run

NODES = "from 192.168.56.0/24 to any port"
PODS = "from 10.244.0.0/16 to any port"
EACH = ("192.168.56.43", "192.168.56.44")
HANDED_ON = [
    "route allow from 10.244.0.0/16 comment 'pods'",
    *(
        f"route allow from {address} to 10.244.0.0/16 comment 'NodePorts'"
        for address in ("192.168.56.42", *EACH)
    ),
]


def from_nodes(rest: str) -> list[str]:
    return [f"allow from {address} to any port {rest}" for address in EACH]


def ufw(calls: list[Call]) -> list[str]:
    (call,) = [call for call in calls if call.operation == "ufw.rules"]
    return list(call.arguments["rules"])


def chain(calls: list[Call], program: str = "iptables") -> Call:
    (call,) = [
        call
        for call in calls
        if call.operation == "iptables.chain"
        and call.arguments.get("program", "iptables") == program
    ]
    return call


WORKER = [
    f"allow {NODES} 22 proto tcp comment 'SSH'",
    *from_nodes("10250 proto tcp comment 'kubelet'"),
    f"allow {PODS} 10250 proto tcp comment 'kubelet'",
    *from_nodes("4789 proto udp comment 'Calico, VXLAN'"),
    *HANDED_ON,
]


def test_a_worker_opens_kubelet_the_tunnel_and_ssh_to_those_that_need_them(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ufw(run("common", "vm-worker", platform, on_host, monkeypatch)) == WORKER


def test_the_control_plane_opens_its_api_as_well(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = [
        f"allow {NODES} 6443 proto tcp comment 'Kubernetes API'",
        f"allow {PODS} 6443 proto tcp comment 'Kubernetes API'",
    ]
    rules = ufw(run("common", "vm-k8s", platform, on_host, monkeypatch))
    assert rules == [*WORKER[:4], *api, *WORKER[4:]]


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"cni": "flannel"}, "8472 proto udp comment 'flannel, VXLAN'"),
        ({"calico_encapsulation": "bgp"}, "179 proto tcp comment 'Calico, BGP'"),
        ({"calico_encapsulation": "ipip"}, "179 proto tcp comment 'Calico, BGP'"),
    ],
)
def test_a_node_opens_its_own_pod_networks_port(
    hosts: list[HostData],
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    rule: str,
) -> None:
    platform = spec.load(changed(hosts, "k8s_control", **settings))
    rules = ufw(run("common", "vm-worker", platform, on_host, monkeypatch))
    assert rules == [*WORKER[:4], *from_nodes(rule), *HANDED_ON]


def test_what_tells_of_a_machine_is_asked_by_the_monitoring_alone(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = spec.load(changed(hosts, "k8s_worker", monitoring_enabled=True))
    for machine, source in (
        ("vm-docker", "192.168.56.44"),
        ("vm-k8s", "192.168.56.44"),
        ("vm-worker", "10.244.0.0/16"),
    ):
        rules = ufw(run("common", machine, platform, on_host, monkeypatch))
        asked = [rule for rule in rules if " 9100 " in rule]
        told = "to any port 9100 proto tcp comment 'figures of the machine'"
        assert asked == [f"allow from {source} {told}"]


def test_harbor_tells_the_monitoring_alone_of_itself(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = spec.load(changed(hosts, "k8s_worker", monitoring_enabled=True))
    rules = ufw(run("common", "vm-docker", platform, on_host, monkeypatch))
    told = "allow from 192.168.56.44 to any port 9191 proto tcp comment 'figures of Harbor'"
    assert [rule for rule in rules if " 9191 " in rule] == [told]
    calls = run("docker_host", "vm-docker", platform, on_host, monkeypatch)
    published = chain(calls).arguments["rules"]
    (asked,) = [rule for rule in published if "--ctorigdstport 9191 " in rule]
    assert asked.startswith("-A DOCKER-USER -s 192.168.56.44/32 -p tcp ")
    assert not any("9191" in rule for rule in chain(calls, "ip6tables").arguments["rules"])


def test_operators_within_the_node_network_get_at_node_ports_and_at_nothing_twice(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = spec.load(changed(hosts, "all", operator_networks=["192.168.56.0/28"]))
    calls = run("common", "vm-worker", platform, on_host, monkeypatch)
    assert [rule for rule in ufw(calls) if " 22 " in rule] == WORKER[:1]
    sources = [str(network) for network in platform.node_port_sources]
    assert sources == ["192.168.56.42/32", "192.168.56.0/28"]


def test_the_docker_host_opens_its_edge_to_everybody_and_its_registry_to_the_nodes(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ufw(run("common", "vm-docker", platform, on_host, monkeypatch)) == [
        f"allow {NODES} 22 proto tcp comment 'SSH'",
        f"allow {NODES} 8080 proto tcp comment 'registry'",
        "allow 80/tcp comment 'edge, redirects to HTTPS'",
        "allow 443/tcp comment 'edge, TLS'",
    ]


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.7", True), ("2001:db8::7", True), ("192.168.56.1", False), ("", False)],
)
def test_whoever_runs_this_from_elsewhere_is_let_in(
    platform: Platform,
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    kept: bool,
) -> None:
    facts: Facts = {OperatorAddress: address}
    rules = ufw(run("common", "vm-worker", platform, on_host, monkeypatch, facts))
    own = f"allow from {address} to any port 22 proto tcp comment 'SSH from where this was run'"
    assert rules[len(WORKER) :] == ([own] if kept else [])


def test_an_operator_network_and_another_ssh_port_are_opened(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = changed(hosts, "all", operator_networks=["203.0.113.0/24"], ssh_port=2222)
    calls = run("common", "vm-k8s", spec.load(hosts), on_host, monkeypatch)
    assert ufw(calls)[:2] == [
        f"allow {NODES} 2222 proto tcp comment 'SSH'",
        "allow from 203.0.113.0/24 to any port 2222 proto tcp comment 'SSH'",
    ]
    assert "allow from 203.0.113.0/24 to any port 6443 proto tcp comment 'Kubernetes API'" in ufw(
        calls
    )


def test_published_ports_are_exactly_those_of_the_edge_and_for_nodes_the_registry(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "-p tcp -m conntrack --ctstate DNAT --ctorigdstport {} --ctdir ORIGINAL -j RETURN"
    calls = run("docker_host", "vm-docker", platform, on_host, monkeypatch)
    edge = [asked.format(80), asked.format(443)]
    begin = ["-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"]
    end = [
        "-i docker+ -j RETURN",
        "-i br-+ -j RETURN",
        "-m conntrack --ctstate DNAT -j DROP",
        "-o docker+ -j DROP",
        "-o br-+ -j DROP",
    ]
    registry = [f"-s 192.168.56.0/24 {asked.format(8080)}"]
    network = ["-d 172.20.0.0/14 -j DROP"]
    for program, rules in (
        ("iptables", [*begin, *registry, *edge, *end, *network, "-j RETURN"]),
        ("ip6tables", [*begin, *edge, *end, "-j RETURN"]),
    ):
        told = chain(calls, program).arguments
        assert told["chain"] == "DOCKER-USER"
        assert told["rules"] == [f"-A DOCKER-USER {rule}" for rule in rules]


@pytest.mark.parametrize(
    ("program", "file"), [("iptables", "firewall.rules"), ("ip6tables", "firewall6.rules")]
)
def test_the_rules_that_boot_restores_are_the_rules_that_are_compared(
    hosts: list[HostData],
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    file: str,
) -> None:
    platform = spec.load(changed(hosts, "docker_host", edge_https_port=8443))
    calls = run("docker_host", "vm-docker", platform, on_host, monkeypatch)
    lines = files_of(calls)[f"/etc/docker/{file}"].content.splitlines()
    told = [line for line in lines if not line.startswith("#")]
    assert told[:2] == ["*filter", ":DOCKER-USER - [0:0]"]
    assert told[2:-1] == chain(calls, program).arguments["rules"]
    assert told[-1] == "COMMIT"
    assert any("8443" in line for line in told)


def test_docker_is_fenced_in_before_it_starts(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = run("docker_host", "vm-docker", platform, on_host, monkeypatch)
    names = [str(call.arguments["name"]) for call in calls]
    fence = names.index("Raise the firewall of published ports before Docker")
    assert fence < names.index("Install Docker Engine 28.5.1") < names.index("Start Docker")
