"""Ports and rates: out of their range, or held by something else on the same machine."""

from __future__ import annotations

import pytest

import spec
from spec.inventory import HostData
from spec.settings import GROUPS
from tests.unit.doubles import changed
from tests.unit.refusals import mistake_of

Hosts = list[HostData]
PORTS = [
    (model.group, name)
    for model in GROUPS
    for name in model.model_fields
    if name.endswith("_port") or name in ("edge_rate", "edge_burst")
]
# None shuts these.
MAY_BE_SHUT = ("monitoring_prometheus_port", "monitoring_loki_port")


def reached(hosts: Hosts, group: str, **data: object) -> Hosts:
    return [
        HostData(h.name, h.groups, {**h.data, **data}) if group in h.groups else h for h in hosts
    ]


@pytest.mark.parametrize(("group", "setting"), PORTS, ids=[name for _, name in PORTS])
@pytest.mark.parametrize("value", [0, -1, 65536, 1_000_000, True, 80.0, "80", None, [80]], ids=repr)
def test_a_number_out_of_its_range_is_refused(
    hosts: Hosts, group: str, setting: str, value: object
) -> None:
    if value is None and setting in MAY_BE_SHUT:
        spec.load(changed(hosts, group, **{setting: None}))
        return
    mistake = mistake_of(changed(hosts, group, **{setting: value}))
    assert (mistake.where, mistake.setting, mistake.value) == (group, setting, repr(value))
    assert mistake.reason.startswith("not a ")
    assert " to " in mistake.reason


@pytest.mark.parametrize(
    ("setting", "port", "holder"),
    [
        ("edge_http_port", 22, "ssh_port"),
        ("edge_https_port", 53, "systemd-resolved"),
        ("edge_http_port", 1514, "Harbor's log"),
        ("edge_http_port", 8080, "harbor_url"),
        ("edge_http_port", 9191, "harbor_metrics_port"),
        ("harbor_metrics_port", 9100, "the monitoring"),
        ("harbor_metrics_port", 9252, "the runner"),
        ("edge_https_port", 80, "edge_http_port"),
    ],
)
def test_a_port_that_something_holds_on_the_docker_host_is_refused(
    hosts: Hosts, setting: str, port: int, holder: str
) -> None:
    mistake = mistake_of(changed(hosts, "docker_host", **{setting: port}))
    assert (mistake.setting, mistake.value) == (setting, str(port))
    assert mistake.reason == f"taken by {holder} on vm-docker; choose another"


def test_harbor_cannot_tell_of_itself_where_its_programs_listen(hosts: Hosts) -> None:
    mistake = mistake_of(changed(hosts, "docker_host", harbor_metrics_port=5001))
    assert (mistake.setting, mistake.value) == ("harbor_metrics_port", "5001")
    assert mistake.reason == "Harbor's programs listen below 9000 as well: choose another"


@pytest.mark.parametrize("port", [53, 1514])
def test_the_registry_is_held_to_the_same(hosts: Hosts, port: int) -> None:
    mistake = mistake_of(changed(hosts, "docker_host", harbor_url=f"http://harbor.local:{port}"))
    assert mistake.setting == "harbor_url"


@pytest.mark.parametrize(
    ("group", "port", "holder"),
    [
        ("k8s_worker", 10250, "kubelet"),
        ("k8s_worker", 10256, "kube-proxy"),
        ("k8s_worker", 179, "Calico"),
        ("k8s_worker", 30022, "NodePorts"),
        ("k8s_worker", 32767, "NodePorts"),
        ("k8s_control", 6443, "the API server"),
        ("k8s_control", 2379, "etcd"),
        ("k8s_control", 10259, "kube-scheduler"),
    ],
)
def test_ssh_is_not_where_kubernetes_is(hosts: Hosts, group: str, port: int, holder: str) -> None:
    mistake = mistake_of(reached(hosts, group, ssh_port=port))
    assert (mistake.setting, mistake.value) == ("ssh_port", str(port))
    assert mistake.reason.startswith(f"taken by {holder} on {mistake.where}; choose another")


@pytest.mark.parametrize(
    ("group", "port"),
    [("k8s_worker", 2222), ("k8s_worker", 6443), ("k8s_control", 29999), ("docker_host", 32768)],
)
def test_another_port_for_ssh_is_accepted(hosts: Hosts, group: str, port: int) -> None:
    assert spec.load(reached(hosts, group, ssh_port=port))


@pytest.mark.parametrize("group", ["k8s_worker", "k8s_control", "docker_host"])
def test_a_port_that_is_passed_on_is_not_the_machines(hosts: Hosts, group: str) -> None:
    (host,) = [h for h in hosts if group in h.groups]
    door = {"address": host.data["ssh_hostname"], "ssh_hostname": "127.0.0.1"}
    for port in (8080, 10250, 30022):
        assert spec.load(reached(hosts, group, ssh_port=port, **door))


def test_a_machine_behind_another_door_has_its_ssh_where_it_always_is(hosts: Hosts) -> None:
    door = {"address": hosts[0].data["ssh_hostname"], "ssh_hostname": "127.0.0.1"}
    behind = reached(hosts, "docker_host", ssh_port=2222, **door)
    mistake = mistake_of(changed(behind, "docker_host", edge_http_port=22))
    assert mistake.reason == "taken by sshd on vm-docker; choose another"


@pytest.mark.parametrize(
    "settings", [{"edge_rate": 1, "edge_burst": 1}, {"edge_rate": 10_000, "edge_burst": 10_000}]
)
def test_the_ends_of_a_rate_are_accepted(hosts: Hosts, settings: dict[str, int]) -> None:
    assert spec.load(changed(hosts, "docker_host", **settings))
