"""Three control planes: which settings are refused, and what each of them is given."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

import spec
from facts.probe.others import Running
from operations.bootstrap_token import Token
from spec import Platform, Refused
from tasks.kubeadm import join_configuration
from tasks.preflight import asked, fleet
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed
from tests.unit.machines_made import made_from
from tests.unit.probes import probe, refusals
from tests.unit.refusals import assert_refused, mistake_of
from tests.unit.tasks_run import files_of, run
from tests.unit.three import NAMES, VIRTUAL, Hosts, with_controls


@pytest.mark.parametrize("count", [2, 4])
def test_so_many_that_no_more_of_them_may_die_are_refused(hosts: Hosts, count: int) -> None:
    mistake = mistake_of(with_controls(hosts, count))
    assert (mistake.where, mistake.setting) == ("inventory", "k8s_control")
    assert "the group takes one machine or three: etcd writes while most of" in mistake.reason


def test_three_without_an_address_that_moves_are_refused(hosts: Hosts) -> None:
    mistake = mistake_of(with_controls(hosts, 3, None))
    assert (mistake.setting, mistake.value) == ("control_plane_address", "")
    assert "needs an address that moves" in mistake.reason


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("192.168.56", "not an IPv4 address such as"),
        ("", "not an IPv4 address such as"),
        ("fd00::1", "an address of IPv6"),
        ("192.168.56.42", "is vm-docker: write one that no machine has"),
        ("192.168.57.60", "not an address of a host in node_network 192.168.56.0/24"),
        ("192.168.56.255", "not an address of a host in node_network 192.168.56.0/24"),
    ],
)
def test_an_address_that_cannot_move_there_is_refused(
    hosts: Hosts, address: str, reason: str
) -> None:
    assert_refused(hosts, ("k8s_control", "control_plane_address", address), reason)


def test_an_address_among_pods_or_of_a_dns_server_is_refused(hosts: Hosts) -> None:
    with pytest.raises(Refused, match=r"lies in pod_network 10\.244\.0\.0/16"):
        spec.load(with_controls(hosts, 1, "10.244.0.9"))
    asking = changed(hosts, "all", dns_servers=[VIRTUAL])
    assert "is a DNS server" in mistake_of(with_controls(asking, 1)).reason


def test_ssh_where_haproxy_is_to_answer_is_refused(hosts: Hosts) -> None:
    elsewhere = changed(hosts, "k8s_control", ssh_port=8443)
    assert spec.load(elsewhere)
    assert "vm-k8s has SSH at 8443" in mistake_of(with_controls(elsewhere, 1)).reason


def test_everybody_asks_at_the_address_that_moves(three: Platform, platform: Platform) -> None:
    assert (three.api, platform.api) == (f"https://{VIRTUAL}:8443", "https://192.168.56.43:6443")


def test_etcd_and_the_address_are_open_among_the_control_planes_alone(
    three: Platform, platform: Platform
) -> None:
    def only_there(platform: Platform) -> set[tuple[int, str, tuple[str, ...]]]:
        first, worker = (platform.open_ports(platform.machine(n)) for n in ("vm-k8s", "vm-worker"))
        found = {port for port in first if port.port not in {each.port for each in worker}}
        return {(it.port, it.protocol, tuple(map(str, it.sources))) for it in found}

    inside, others = ("192.168.56.0/24",), ("192.168.56.62/32", "192.168.56.63/32")
    api = (6443, "tcp", (*inside, "10.244.0.0/16"))
    assert only_there(platform) == {api}
    assert only_there(three) == {
        api,
        (8443, "tcp", inside),
        (2379, "tcp", others),
        (2380, "tcp", others),
        (0, "vrrp", others),
    }


def test_a_rule_about_vrrp_names_no_port(
    three: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = run("common", "vm-k8s-2", three, on_host, monkeypatch)
    (rules,) = (call.arguments["rules"] for call in calls if call.operation == "ufw.rules")
    assert "allow from 192.168.56.63 proto vrrp comment 'virtual address'" in rules
    assert not any("192.168.56.62 proto vrrp" in rule for rule in rules)


def test_the_cluster_is_made_for_the_address_and_joined_there(
    three: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.k8s_control.init.passed", lambda **_: None)
    calls = run("k8s_control", "vm-k8s", three, on_host, monkeypatch)
    (file,) = (c.arguments["config"] for c in calls if c.operation == "kubeadm.config")
    told = {document["kind"]: document for document in yaml.safe_load_all(file.content)}
    assert told["ClusterConfiguration"]["controlPlaneEndpoint"] == f"{VIRTUAL}:8443"
    assert told["InitConfiguration"]["localAPIEndpoint"]["advertiseAddress"] == "192.168.56.43"
    on_host(name="vm-k8s-2")
    join = yaml.safe_load(join_configuration(three, Token("abcdef", "0" * 16), "c0ffee", "f00d"))
    assert join["discovery"]["bootstrapToken"]["apiServerEndpoint"] == f"{VIRTUAL}:8443"
    assert join["controlPlane"] == {
        "localAPIEndpoint": {"advertiseAddress": "192.168.56.62", "bindPort": 6443},
        "certificateKey": "f00d",
    }


def test_one_begins_the_others_join_and_what_is_the_clusters_is_done_once(
    three: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.k8s_control.init.passed", lambda **_: None)

    def done(machine: str, platform: Platform) -> list[str]:
        calls = run("k8s_control", machine, platform, on_host, monkeypatch)
        once = ("kubeadm.init", "kubeadm.join", "kubeconfig.fetch", "kubernetes.network")
        return [call.operation for call in calls if call.operation in once]

    first = ["kubeadm.init", "kubeconfig.fetch", "kubernetes.network"]
    assert done("vm-k8s", three) == first
    assert done("vm-k8s-2", three) == done("vm-k8s-3", three) == ["kubeadm.join"]
    # The first of the inventory is a bare machine in the place of one that died.
    later = replace(three, asked="vm-k8s-2")
    assert (done("vm-k8s-2", later), done("vm-k8s", later)) == (first, ["kubeadm.join"])


def test_haproxy_knows_every_api_server_and_keepalived_its_peers_alone(
    three: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = tuple(replace(machine, card="ens3") for machine in three.machines)
    seen = replace(three, machines=machines)
    files = files_of(run("k8s_node", "vm-k8s-2", seen, on_host, monkeypatch))
    balance = files["/etc/haproxy/haproxy.cfg"].content
    assert f"bind {VIRTUAL}:8443 transparent\n" in balance
    assert [line.split()[2] for line in balance.splitlines() if line.startswith("  server ")] == [
        *("192.168.56.43:6443", "192.168.56.62:6443", "192.168.56.63:6443")
    ]
    hold = files["/etc/keepalived/keepalived.conf"].content
    _, _, peers = hold.partition("unicast_peer {")
    assert peers.partition("}")[0].split() == ["192.168.56.43", "192.168.56.63"]
    assert "interface ens3\n" in hold
    assert f"    {VIRTUAL}/32\n" in hold
    worker = files_of(run("k8s_node", "vm-worker", seen, on_host, monkeypatch))
    assert not {"/etc/haproxy/haproxy.cfg", "/etc/keepalived/keepalived.conf"} & set(worker)


def test_who_was_asked_before_is_asked_again_and_else_whoever_has_the_cluster(
    three: Platform,
) -> None:
    bare, has = probe(), probe("others", kubernetes=("/etc/kubernetes/admin.conf",))
    asks = replace(has, others=replace(has.others, ours=frozenset({"/home/admin/.kube/ci"})))
    assert asked(three, {}) == ""
    assert asked(three, {name: bare for name in NAMES}) == "vm-k8s"
    assert asked(three, {"vm-k8s": bare, "vm-k8s-2": has, "vm-k8s-3": has}) == "vm-k8s-2"
    assert asked(three, {"vm-k8s": has, "vm-k8s-2": has, "vm-k8s-3": asks}) == "vm-k8s-3"
    assert replace(three, asked="vm-k8s-3").control.name == "vm-k8s-3"
    assert three.control.name == "vm-k8s"


def test_an_address_that_somebody_else_answers_for_is_refused(three: Platform) -> None:
    own = {name: probe("kernel", mac=f"02:{number}") for number, name in enumerate(NAMES)}
    taken = {**own, "vm-k8s-2": probe("kernel", mac="02:1", virtual="02:ff")}
    (found,) = map(str, fleet.findings(three, taken))
    assert f"control_plane_address = {VIRTUAL}: somebody else answers there" in found
    moved = {**own, "vm-k8s-2": probe("kernel", mac="02:1", virtual="02:0")}
    assert list(fleet.findings(three, moved)) == []
    # One that was left out may have it.
    assert list(fleet.findings(three, {"vm-k8s-2": taken["vm-k8s-2"]})) == []


def test_a_cluster_that_runs_gets_no_address_that_it_was_not_made_for(
    hosts: Hosts, three: Platform
) -> None:
    running = Running(version="1.36.3", kubeadm=made_from())
    seen = probe("others", running=running)
    (found,) = refusals(spec.load(with_controls(hosts, 1)), "vm-k8s", seen)
    assert "was made to be asked at 192.168.56.43:6443, and control_plane_address says" in found
    for_it = f"kind: ClusterConfiguration\ncontrolPlaneEndpoint: {VIRTUAL}:8443"
    moved = running.kubeadm.replace("kind: ClusterConfiguration", for_it)
    seen = probe("others", running=replace(running, kubeadm=moved))
    assert refusals(spec.load(with_controls(hosts, 1)), "vm-k8s", seen) == []
    (found,) = refusals(spec.load(hosts), "vm-k8s", seen)
    assert f"was made to be asked at {VIRTUAL}:8443" in found


def test_a_distribution_whose_firewall_knows_no_vrrp_has_one_control_plane(
    three: Platform, platform: Platform
) -> None:
    old = probe(distribution="ubuntu", version="22.04")
    assert refusals(platform, "vm-k8s", old) == refusals(three, "vm-worker", old) == []
    (found,) = refusals(three, "vm-k8s", old)
    assert "runs ubuntu 22.04, whose ufw knows no VRRP" in found
