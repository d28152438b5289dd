"""What it sees, and what its gates say when something of it is gone."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import partial

import pytest

from lab.machines import Machine
from spec import Platform
from spec.secrets import strong
from tests.lab.cluster import told, until
from tests.lab.deploying import await_shut
from tests.lab.monitored import GATES, PASSWORD_GATE, changes, shut, visit
from tests.lab.pages import answer, figures
from tests.lab.test_alerts import ALERTS

pytestmark = pytest.mark.usefixtures("converged")


def test_each_gate_shuts_and_opens_again(
    installed: None, docker: Machine, watched: tuple[str, ...]
) -> None:
    scale = ("-n", "monitoring", "scale", "--timeout=180s")
    stopped = "deployment/alloy", "statefulset/prometheus-kps-prometheus"
    theirs = GATES - {PASSWORD_GATE}
    for subject in stopped:
        told(*scale, subject, "--replicas=0")
    await_shut(*theirs, ask=partial(shut, watched))
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
    until(lambda: {it["metric"]["instance"] for it in found(told)} == names, "gates are told")
    assert not any(it["metric"]["gate"].startswith("Grafana") for it in found("platform_gate_open"))
    assert {it["metric"]["instance"] for it in found("platform_certificate_days > 14")} == names
    visit(docker)
    tiers = 'edge_request_seconds_count{tier!="none"} > 0'
    until(lambda: len(found(tiers)) == 3, "what people ask of each tier is counted")
    shut_ones = [it["metric"] for it in found("platform_gate_open == 0")]
    assert len(found("platform_gate_open == 1")) > 30, shut_ones
    rules = [it for group in answer(worker, "/api/v1/rules")["groups"] for it in group["rules"]]
    assert {it["name"] for it in rules} == set(ALERTS)
    assert {it["health"] for it in rules} == {"ok"}
