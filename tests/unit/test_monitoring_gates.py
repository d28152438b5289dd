"""What the gates of the monitoring ask, and what opens them."""

from __future__ import annotations

import json
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
        (JOURNALS, LINE, 0, True),
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
    told = json.dumps(LINE, separators=(",", ":"))
    curl = (
        f"""case "$*" in *vm-worker*) exit 22;; *'{{job="journal",host="'*) echo '{told}';; esac"""
    )
    done = answer(watched, tmp_path, JOURNALS, kubectl=KUBECTL, curl=curl)
    assert (done.returncode, done.stdout) == (1, "nothing of vm-worker\n")
