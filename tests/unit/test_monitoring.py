"""`make monitoring`: what is pinned, what is said to whom, what opens and what stays shut."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
import yaml

import spec
from gates import gates
from lab.mirror import charts
from operations import apt, gitlab_runner, helm, systemd
from spec import Platform, Refused
from spec.charts import ALLOY, LOKI, RELEASES, STACK
from spec.inventory import HostData
from tasks import monitoring, preflight
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, PASSWORD, changed
from tests.unit.machines_bad import room
from tests.unit.probes import CONTROL, WORKER, probe, refusals
from tests.unit.refusals import mistake_of

OPERATE = CHECKOUT / "operate/monitoring.py"


def pins(hosts: list[HostData]) -> dict[str, dict[str, str]]:
    (found,) = [host.data["monitoring_charts"] for host in hosts if "k8s_worker" in host.groups]
    return {name: dict(pin) for name, pin in found.items()}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("sha256", "", "not a sha256"),
        ("source", " ", "name the public page that states this version and its sum"),
        ("version", "88", "not an exact version of a chart"),
        ("releases", "ftp://x", "not an address of http or https"),
    ],
)
def test_a_chart_without_version_sum_or_source_is_refused(
    hosts: list[HostData], field: str, value: str, reason: str
) -> None:
    found = pins(hosts)
    found[LOKI][field] = value
    assert reason in mistake_of(hosts, "k8s_worker", monitoring_charts=found).reason


def test_a_chart_that_lacks_a_field_or_has_another_name_is_refused(hosts: list[HostData]) -> None:
    found = pins(hosts)
    del found[LOKI]["source"]
    reason = mistake_of(hosts, "k8s_worker", monitoring_charts=found).reason
    assert "it has releases, version, sha256, source, and nothing else" in reason
    found = pins(hosts)
    found["tempo"] = found.pop(LOKI)
    reason = mistake_of(hosts, "k8s_worker", monitoring_charts=found).reason
    assert "kube-prometheus-stack, loki, alloy" in reason


def test_a_worker_that_is_none_and_the_databases_folder_are_refused(hosts: list[HostData]) -> None:
    unknown = mistake_of(hosts, "k8s_worker", monitoring_worker="vm-x", monitoring_enabled=True)
    assert "no machine of k8s_worker" in unknown.reason
    spec.load(changed(hosts, "k8s_worker", monitoring_worker="vm-x"))
    on = changed(hosts, "k8s_worker", monitoring_enabled=True)
    inside = mistake_of(on, "k8s_worker", monitoring_path="/data/threebody/mysql/logs")
    assert "overlaps app_database_path" in inside.reason


def test_the_labs_charts_have_the_pinned_versions_and_take_our_values(
    hosts: list[HostData], watched: Platform, on_host: OnHost
) -> None:
    assert charts.versions() == {name: pin["version"] for name, pin in pins(hosts).items()}
    on_host(name="vm-k8s")
    for name, values in monitoring._values(watched).items():
        assert unknown(yaml.safe_load(values), charts.schema(name)) == []
    assert unknown({"promtail": {}}, charts.schema(LOKI)) == ["promtail"]
    assert unknown({"loki": {"storag": {}}}, charts.schema(LOKI)) == ["loki.storag"]


def unknown(values: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """The keys of values that a chart's schema does not know."""
    found: list[str] = []
    if "properties" in schema:
        for key, value in values.items():
            if key not in schema["properties"]:
                found.append(f"{path}{key}")
            else:
                found += unknown(value, schema["properties"][key], f"{path}{key}.")
    return found


def test_everything_is_on_one_worker_and_nothing_is_open_that_a_setting_shuts(
    hosts: list[HostData], on_host: OnHost
) -> None:
    shut = changed(hosts, "k8s_worker", monitoring_enabled=True, monitoring_prometheus_port=None)
    platform = spec.load(changed(shut, "all", operator_networks=["203.0.113.0/24"]))
    on_host(name="vm-k8s")
    documents = list(yaml.safe_load_all(monitoring._namespace(platform)))
    services = [it["spec"] for it in documents if it["kind"] == "Service"]
    assert [it["ports"][0]["nodePort"] for it in services] == [30101, 30030, 30100]
    assert {it["externalTrafficPolicy"] for it in services} == {"Local"}
    policies = {it["metadata"]["name"]: it for it in documents if it["kind"] == "NetworkPolicy"}
    (let_in,) = policies["people"]["spec"]["ingress"]
    assert let_in["from"] == [{"ipBlock": {"cidr": "203.0.113.0/24"}}]
    # Machines hand theirs over, and read nobody's.
    (bring,) = policies["journals"]["spec"]["ingress"]
    assert {it["ipBlock"]["cidr"] for it in bring["from"]} == {
        f"{machine.address}/32" for machine in platform.machines
    }
    assert bring["ports"] == [{"protocol": "TCP", "port": 3101}]
    values = monitoring._values(platform)
    assert "listen_port    = 3101" in values[ALLOY]
    stack, loki = (yaml.safe_load(values[name]) for name in (STACK, LOKI))
    here = {"kubernetes.io/hostname": "vm-worker"}
    assert stack["prometheus"]["prometheusSpec"]["nodeSelector"] == here
    assert stack["grafana"]["nodeSelector"] == loki["singleBinary"]["nodeSelector"] == here
    assert "loki.monitoring.svc.cluster.local:3100/loki/api/v1/push" in values[ALLOY]
    assert PASSWORD not in str(values)


def test_a_worker_without_room_for_it_is_refused_before_anything_is_touched(
    watched: Platform, platform: Platform
) -> None:
    path = "/data/threebody/monitoring"
    full, used = room(path, 9000), room(path, 9000, holds=("loki", "prometheus"))
    (refused,) = refusals(watched, WORKER, probe(rooms=(full,)))
    assert f"9000 MiB free on /, 20000 are needed there for {path}: make room" in refused
    assert refusals(watched, WORKER, probe(rooms=(used,))) == []
    assert refusals(watched, CONTROL, probe(rooms=(full,))) == []
    assert refusals(platform, WORKER, probe(rooms=(full,), memory_mib=1000)) == []
    (refused,) = refusals(watched, WORKER, probe(memory_mib=1000))
    assert "1000 MiB of memory, a monitoring_worker needs 1900 at least" in refused
    (refused,) = refusals(watched, WORKER, probe(rooms=(room(path, 30_000, kind="nfs4"),)))
    assert f"{path} would be on nfs4" in refused


def test_without_operators_prometheus_and_loki_answer_to_nobody(
    watched: Platform, on_host: OnHost
) -> None:
    on_host(name="vm-k8s")
    documents = list(yaml.safe_load_all(monitoring._namespace(watched)))
    named = {it["metadata"]["name"] for it in documents if it["kind"] == "NetworkPolicy"}
    assert named == {"inside", "grafana", "journals"}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that operate/monitoring.py calls, by their names; none of them runs."""
    found: list[str] = []
    subjects = (helm, apt, systemd, gitlab_runner, monitoring.files, monitoring.kubernetes)
    for subject in subjects:
        for name, value in vars(subject).items():
            if hasattr(value, "_inner"):
                monkeypatch.setattr(subject, name, lambda name, **_: found.append(name))
    recorder = lambda name, **_: found.append(name)  # noqa: E731
    monkeypatch.setattr("tasks.gate.passed", recorder)
    monkeypatch.setattr(monitoring, "passed", recorder)
    return found


@pytest.mark.parametrize("host", ["vm-docker", "vm-k8s", "vm-worker"])
def test_every_machine_waits_for_the_others(
    watched: Platform,
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    calls: list[str],
    host: str,
) -> None:
    monkeypatch.setattr(preflight, "apply", lambda: watched)
    on_host(name=host)
    runpy.run_path(str(OPERATE))
    assert [name for name in calls if name.startswith("Wait")] == [
        "Wait until there is room for it",
        "Wait until it is installed",
        "Wait at the monitoring gate",
    ]
    charts_named = [name.split()[2] for name in calls if name.startswith("Install chart")]
    assert charts_named == (list(RELEASES) if host == "vm-k8s" else [])
    assert ("Make room for loki" in calls) == (host == "vm-worker")
    calls.clear()
    monkeypatch.setenv("REMOVE", "1")
    runpy.run_path(str(OPERATE))
    assert [name for name in calls if name.startswith("Wait")] == [
        "Wait until the cluster is without it"
    ]
    assert ("Uninstall the charts" in calls) == (host == "vm-k8s")
    assert ("Remove figures and logs" in calls) == (host == "vm-worker")


def test_it_is_for_a_platform_that_says_so(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    monkeypatch.setattr(preflight, "apply", lambda: platform)
    on_host(name="vm-k8s")
    with pytest.raises(Refused, match="monitoring_enabled is False: set it to True"):
        runpy.run_path(str(OPERATE))
    monkeypatch.setenv("REMOVE", "yes")
    with pytest.raises(Refused, match="write REMOVE=1, or leave it out"):
        runpy.run_path(str(OPERATE))
    assert calls == []
    assert gates(platform, platform.control, "monitoring") == ()
