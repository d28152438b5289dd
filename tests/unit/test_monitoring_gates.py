"""What the gates of the monitoring ask, and what opens them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import spec
from spec import Platform
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.one_gate import answer

KUBECTL = """case "$*" in
  *secret*) printf c2VjcmV0;; *clusterIP*) printf 10.96.1.2;; esac"""
TARGETS, LOGS = (
    "every target of Prometheus is up",
    "Loki has what a pod has written within the last 30 seconds",
)
JOURNALS = "Loki has what every machine's journal has got within the last minute"
ALERTS = "alert_webhook takes what Alertmanager posts"
LET_IN = "Grafana takes the password of secrets.env"
NOTHING = {"status": "success", "data": {"resultType": "vector", "result": []}}
DOWN = {"data": {"result": [{"metric": {"job": "kps-prometheus"}, "value": [1, "0"]}]}}
LINE = {"data": {"resultType": "streams", "result": [{"stream": {}, "values": [["1", "here"]]}]}}


def beats(*hosts: str) -> Any:
    """What Loki answers where these machines' journals come."""
    found = [{"stream": {"host": host}, "values": [["1", "tell-journal: here"]]} for host in hosts]
    return {"data": {"resultType": "streams", "result": found}}


@pytest.mark.parametrize(
    ("gate", "body", "status", "is_open"),
    [
        (ALERTS, NOTHING, 0, True),
        (ALERTS, DOWN, 0, False),
        (LET_IN, {"id": 1}, 0, True),
        (LET_IN, {"message": "Invalid username or password"}, 22, False),
        (TARGETS, NOTHING, 0, True),
        (TARGETS, DOWN, 0, False),
        (TARGETS, {"message": "Bad gateway"}, 22, False),
        (LOGS, LINE, 0, True),
        (LOGS, NOTHING, 0, False),
        (JOURNALS, beats("vm-docker", "vm-k8s", "vm-worker"), 0, True),
        (JOURNALS, NOTHING, 0, False),
        (JOURNALS, {"message": "Bad gateway"}, 22, False),
    ],
)
def test_a_gate_asks_grafana_by_a_password_that_no_command_line_shows(
    hosts: list[HostData],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    gate: str,
    body: Any,
    status: int,
    is_open: bool,
) -> None:
    monkeypatch.setenv("ALERT_WEBHOOK", "https://chat.example/hook")
    watched = spec.load(changed(hosts, "k8s_worker", monitoring_enabled=True))
    told = json.dumps(body, separators=(",", ":"))
    curl = f"""printf '%s\\n' "$*" >{tmp_path}/words; cat >{tmp_path}/config
echo '{told}'; exit {status}"""
    done = answer(watched, tmp_path, gate, kubectl=KUBECTL, curl=curl)
    assert (done.returncode == 0) == is_open
    assert "http://10.96.1.2/api/" in (tmp_path / "words").read_text()
    assert "secret" not in (tmp_path / "words").read_text()
    assert (tmp_path / "config").read_text() == 'user = "admin:secret"\n'
    assert is_open or told in done.stdout + done.stderr


def test_the_journals_that_are_missing_are_named(watched: Platform, tmp_path: Path) -> None:
    told = json.dumps(beats("vm-docker", "vm-k8s", "vm-worker-2"), separators=(",", ":"))
    done = answer(watched, tmp_path, JOURNALS, kubectl=KUBECTL, curl=f"echo '{told}'")
    assert done.returncode != 0
    assert done.stdout == "nothing of vm-worker\n"


@pytest.mark.parametrize(
    ("before", "answered", "asked"),
    [
        ("right", "curl: (22) The requested URL returned error: 401", 1),
        ("right", "curl: (22) The requested URL returned error: 502", 2),
        ("wrong", "curl: (22) The requested URL returned error: 401", 1),
    ],
)
def test_a_password_that_was_refused_is_not_tried_again_at_once(
    watched: Platform, tmp_path: Path, before: str, answered: str, asked: int
) -> None:
    curl = f"echo asked >>{tmp_path}/asked; echo '{answered}' >&2; exit 22"
    refused = tmp_path / "bin/grafana-refused"
    refused.parent.mkdir()
    if before == "wrong":
        refused.write_text("the sum of another one\n")
    for _ in range(2):
        assert answer(watched, tmp_path, LET_IN, kubectl=KUBECTL, curl=curl).returncode != 0
    assert (tmp_path / "asked").read_text().split() == ["asked"] * asked
    os.utime(refused, (0, 0))
    assert answer(watched, tmp_path, LET_IN, kubectl=KUBECTL, curl="echo in").returncode == 0
    assert "secret" not in refused.read_text()
