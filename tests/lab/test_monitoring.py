"""The monitoring of the lab's own charts: installed, again nothing, cut off, shut, taken away."""

from __future__ import annotations

import json
import os
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from spec import Platform
from spec.secrets import strong
from tests.lab.cluster import kubectl, told, until
from tests.lab.deploying import PYINFRA, SETTINGS, await_shut, converge
from tests.lab.doors import answers
from tests.lab.monitored import (
    LOGS_GATE,
    PASSWORD_GATE,
    TARGETS_GATE,
    TEMPLATE,
    TOKEN,
    WEBHOOK_GATE,
    alerted,
    another_loki,
    changes,
    described,
    monitoring,
    records,
    shut,
    shut_to,
    visit,
)
from tests.lab.pages import GRAFANA, LOKI, PROMETHEUS, answer, asked, figures
from tests.lab.test_alerts import ALERTS
from tests.lab.webhook import Webhook
from tests.unit.test_dashboards import NAMES

pytestmark = pytest.mark.usefixtures("converged")

PORTS_CHANGE = [
    "Common | Open exactly the needed ports",
    "K8s node | Write the firewall of NodePorts, pods and Services",
    "K8s node | Let NodePorts, pods and Services obey the firewall",
]
PORTS = (GRAFANA, PROMETHEUS, LOKI)


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    """The alert_webhook of every run here that says nothing else."""
    with pytest.MonkeyPatch.context() as patch, Webhook() as server:
        patch.setenv("ALERT_WEBHOOK", f"{server.url}?token={TOKEN}")
        yield server


@pytest.fixture(scope="module")
def watched(
    converged: None, webhook: Webhook, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, ...]:
    """Arguments of every run here."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "k8s_worker.py").write_text("monitoring_enabled = True\n")
    return ("--group-data", str(folder))


@pytest.fixture(scope="module")
def installed(watched: tuple[str, ...]) -> Iterator[None]:
    """A platform with a monitoring, which is none afterwards."""
    assert list(converge(*watched)) == PORTS_CHANGE
    began = time.monotonic()
    assert {"Install chart loki 18.11.0", "Prepare the namespace"} <= changes(*watched)
    took = time.monotonic() - began
    print(f"make monitoring: {took:.0f} s")
    assert took < 300
    yield
    if kubectl("get", "namespace", "monitoring").returncode == 0:
        monitoring("-y", *watched, REMOVE="1")
        converge()


def test_it_is_refused_where_no_setting_says_that_there_is_one() -> None:
    assert "monitoring_enabled is False: set it to True" in monitoring("-y").said
    assert kubectl("get", "namespace", "monitoring").returncode != 0


def test_again_it_changes_nothing_and_its_gates_are_open(
    installed: None, watched: tuple[str, ...]
) -> None:
    assert changes(*watched) == set()
    run = monitoring("--dry", "--json", *watched)
    assert (run.status, run.plan) == (0, {})
    await_shut(ask=partial(shut, watched))


def test_people_of_operator_networks_reach_its_pages_and_nobody_else(
    installed: None, docker: Machine, control: Machine, worker: Machine, platform: Platform
) -> None:
    ours = platform.secrets.grafana_password.get_secret_value()
    for password, status in ((ours, 200), ("prom-operator", 401)):
        assert asked(worker, GRAFANA, "/api/org", f"admin:{password}") == status
    assert asked(worker, PROMETHEUS, "/-/ready") == asked(worker, LOKI, "/ready") == 200
    assert shut_to(worker, PORTS, docker, control)


def test_grafana_has_our_dashboards_and_prometheus_what_they_ask_for(
    installed: None, control: Machine, worker: Machine
) -> None:
    boards = json.loads(control.ssh("sudo grafana-asks 'api/search?type=dash-db&tag=platform'"))
    assert {board["uid"] for board in boards} == {"platform", "machine", "shop", "registry"}
    # The lab's chart has no kube-state-metrics and does not ask kubelet.
    here = {name for name in NAMES if name.startswith(("node_", "edge_"))}
    names = "/api/v1/label/__name__/values"
    until(lambda: here <= set(answer(worker, names)), 60, f"Prometheus has {sorted(here)}")


def test_its_objects_are_as_the_real_charts_make_them_and_these_refuse_what_they_do_not_know(
    installed: None, control: Machine
) -> None:
    contract = json.loads((CHECKOUT / "lab/mirror/charts/contract.json").read_text())
    for chart in contract.values():
        for name, service in chart["services"].items():
            made = described("service", name)
            assert made["selector"] == service["selector"]
            assert [it["port"] for it in made["ports"]] == service["ports"]
        for name, workload in chart["workloads"].items():
            pod = described(workload["kind"], name)["template"]["spec"]
            assert (pod["securityContext"] or None) == workload["security"]
    done = control.ssh(f"sudo {TEMPLATE} --set loky.auth_enabled=false 2>&1 || :")
    assert "Additional property loky is not allowed" in done


def test_each_gate_shuts_and_opens_again(
    installed: None, docker: Machine, watched: tuple[str, ...]
) -> None:
    scale = ("-n", "monitoring", "scale", "--timeout=60s")
    stopped = "deployment/alloy", "statefulset/prometheus-kps-prometheus"
    theirs = {LOGS_GATE, TARGETS_GATE, WEBHOOK_GATE}
    for subject in stopped:
        told(*scale, subject, "--replicas=0")
    until(lambda: shut(watched) == theirs, 90, "the gates of what was stopped shut")
    for subject in stopped:
        told(*scale, subject, "--replicas=1")
    other = b64encode(strong().encode()).decode()
    patch = json.dumps({"data": {"admin-password": other}})
    told("-n", "monitoring", "patch", "secret", "grafana-admin", "-p", patch)
    assert PASSWORD_GATE in shut(watched)
    docker.ssh("sudo systemctl stop prometheus-node-exporter")
    mended = {"Set Grafana's password", "Start what tells of a machine"}
    assert changes(*watched) >= mended
    await_shut(ask=partial(shut, watched))


def test_prometheus_sees_every_machine_its_gates_and_the_edge_and_has_our_alerts(
    installed: None, docker: Machine, worker: Machine, platform: Platform
) -> None:
    found = partial(figures, worker)
    names = {machine.hostname for machine in platform.machines}
    assert {it["metric"]["instance"] for it in found('up{job="machines"} == 1')} == names
    told = "count by (instance) (platform_gate_open)"
    until(lambda: {it["metric"]["instance"] for it in found(told)} == names, 90, "gates are told")
    assert not any(it["metric"]["gate"].startswith("Grafana") for it in found("platform_gate_open"))
    assert {it["metric"]["instance"] for it in found("platform_certificate_days > 14")} == names
    visit(docker)
    tiers = 'edge_request_seconds_count{tier!="none"} > 0'
    until(lambda: len(found(tiers)) == 3, 60, "what people ask of each tier is counted")
    shut_ones = [it["metric"] for it in found("platform_gate_open == 0")]
    assert len(found("platform_gate_open == 1")) > 30, shut_ones
    rules = [it for group in answer(worker, "/api/v1/rules")["groups"] for it in group["rules"]]
    assert {it["name"] for it in rules} == set(ALERTS)
    assert {it["health"] for it in rules} == {"ok"}


def test_alerts_of_ours_are_posted_to_the_webhook_and_others_are_not(
    installed: None, webhook: Webhook, worker: Machine, watched: tuple[str, ...]
) -> None:
    page = {"alertname": "TargetGone", "severity": "page", "instance": "vm-docker"}
    webhook.takes = False
    alerted(worker, {"alertname": "Watchdog", "severity": "none"}, page)
    until(lambda: shut(watched) == {WEBHOOK_GATE}, 60, "the gate of a webhook that fails shuts")
    webhook.takes = True
    until(lambda: webhook.told == [("TargetGone", "firing")], 60, "somebody is told")
    until(lambda: shut(watched) == set(), 30, "the gate opens")
    alerted(worker, page, endsAt=datetime.now(UTC).isoformat())
    resolved = ("TargetGone", "resolved")
    until(lambda: resolved in webhook.told, 90, "somebody is told that it is over")
    assert {name for name, _ in webhook.told} == {"TargetGone"}


def test_a_chart_of_another_sum_or_that_does_not_exist_is_not_installed(
    installed: None, watched: tuple[str, ...], platform: Platform
) -> None:
    run = monitoring("-y", *watched, *another_loki(platform, sha256="0" * 64))
    assert run.status != 0
    assert "chart loki 18.11.0 at http://" in run.said
    assert f"expected {'0' * 64}" in run.said
    run = monitoring("-y", *watched, *another_loki(platform, version="8.2.0", sha256="1" * 64))
    assert run.status != 0
    assert "chart loki 8.2.0 cannot be fetched whole" in run.said


@pytest.mark.soak(reason="another installation of all charts")
def test_helm_that_was_killed_is_taken_up_again_with_the_new_password(
    installed: None,
    control: Machine,
    worker: Machine,
    watched: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = strong()
    words = [PYINFRA, "inventory.py", "operate/monitoring.py", *SETTINGS, *watched, "-y"]
    with subprocess.Popen(
        words,
        cwd=CHECKOUT,
        env={**os.environ, "GRAFANA_PASSWORD": new},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        until(lambda: "pending-upgrade" in records(), 90, "helm is at work")
        control.ssh("sudo pkill -9 -x helm")
        assert run.wait() != 0
    assert "pending-upgrade" in records()
    assert changes(*watched, GRAFANA_PASSWORD=new) >= {"Install chart kube-prometheus-stack 88.5.3"}
    assert asked(worker, GRAFANA, "/api/org", f"admin:{new}") == 200
    assert changes(*watched, GRAFANA_PASSWORD=new) == set()
    monkeypatch.delenv("ALERT_WEBHOOK")
    assert "nobody is told of alerts" in monitoring("-y", *watched).said


def test_taken_away_it_leaves_nothing(
    installed: None, control: Machine, worker: Machine, watched: tuple[str, ...]
) -> None:
    assert "Uninstall the charts" in changes(*watched, REMOVE="1")
    left = told("get", "namespaces,persistentvolumes,clusterroles,crd", "-o", "name").split()
    ours = ("monitoring", "kps", "loki", "alloy")
    assert [it for it in left if it.partition("/")[2].startswith(ours)] == []
    assert [it for it in left if "monitoring.coreos" in it or "monitoring.grafana" in it] == []
    paths = "/opt/monitoring /usr/local/sbin/grafana-asks /data/threebody/monitoring"
    for machine in (control, worker):
        assert machine.ssh(f"ls -d {paths} 2>/dev/null || :") == ""
    assert changes(*watched, REMOVE="1") == set()
    assert list(converge()) == PORTS_CHANGE
    assert not any(answers(worker, port) for port in PORTS)
