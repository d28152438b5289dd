"""Every alert fires and resolves, as the real Prometheus' own tool sees the rules; no machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import CHECKOUT
from lab.doubles import monitoring
from lab.mirror import root

RULES = CHECKOUT / "files/monitoring/alerts.yaml"
WITHIN = "tests.yaml"
DISK = {"instance": "vm-worker", "mountpoint": "/", "fstype": "ext4"}
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text())["groups"]
    for rule in group["rules"]
}


@dataclass(frozen=True)
class Case:
    """Values, a minute each, that make an alert fire and let it go; and when it does what."""

    values: dict[str, str]
    labels: dict[str, str]  # of the alert, besides its own
    fires: int  # minutes
    quiet: tuple[int, int]


def series(name: str, **labels: str) -> str:
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{told}}}"


PROGRAM = {"instance": "vm-k8s", "program": "etcd"}
TARGET = {"job": "machines", "instance": "vm-docker"}
GATE = {"instance": "vm-docker", "gate": "DNS knows a name"}
FILE = {"instance": "vm-k8s", "file": "/var/lib/prometheus/node-exporter/gates.prom"}
CERTIFICATE = {"instance": "vm-docker", "whose": "edge", "path": "/opt/edge/certs/tls.crt"}
TIER = {"tier": "go"}
MEMORY = {"instance": "vm-worker"}
POD = {"namespace": "threebody-prod", "pod": "go-1", "container": "go"}
FREE, SIZE = series("node_filesystem_avail_bytes", **DISK), "node_filesystem_size_bytes"
CASES = {
    "TargetGone": Case({series("up", **TARGET): "1x5 0x15 1x15"}, TARGET, 14, (8, 25)),
    "ProgramGone": Case(
        {series("platform_program_up", **PROGRAM): "1x5 0x15 1x15"}, PROGRAM, 14, (8, 25)
    ),
    "GateShut": Case({series("platform_gate_open", **GATE): "1x5 0x25 1x10"}, GATE, 25, (15, 35)),
    "GatesUnasked": Case(
        {series("node_textfile_mtime_seconds", **FILE): "0x45 2700x20"}, FILE, 40, (30, 50)
    ),
    "CertificateEnds": Case(
        {series("platform_certificate_days", **CERTIFICATE): "14x5 13x25 90x10"},
        CERTIFICATE,
        25,
        (15, 35),
    ),
    # A backup a day: at the beginning, and another one later.
    "BackupOld": Case(
        {
            "platform_backup_time_seconds": "0x1600 96000x100",
            "platform_backup_due_seconds": "86400x1700",
        },
        {},
        1570,
        (1560, 1650),
    ),
    "DiskFullWithinADay": Case(
        {FREE: "30-0.1x100 90x100", series(SIZE, **DISK): "100x200"}, DISK, 60, (20, 150)
    ),
    "DiskNearlyFull": Case(
        {FREE: "50x5 5x25 50x10", series(SIZE, **DISK): "100x40"}, DISK, 25, (15, 35)
    ),
    "MemoryShort": Case(
        {
            series("node_memory_MemAvailable_bytes", **MEMORY): "50x5 4x20 50x10",
            series("node_memory_MemTotal_bytes", **MEMORY): "100x40",
        },
        MEMORY,
        20,
        (10, 30),
    ),
    "EdgeErrors": Case(
        {
            series("edge_requests_total", **TIER, code="2xx"): "0+90x60",
            series("edge_requests_total", **TIER, code="5xx"): "0x10 0+10x20 200x30",
        },
        TIER,
        25,
        (10, 50),
    ),
    "EdgeSlow": Case(
        {
            series("edge_request_seconds_bucket", **TIER, le="1"): "0+90x10 900x20 900+90x30",
            series("edge_request_seconds_bucket", **TIER, le="5"): "0+90x60",
            series("edge_request_seconds_bucket", **TIER, le="+Inf"): "0+90x60",
        },
        TIER,
        25,
        (10, 55),
    ),
    "ContainerMemoryShort": Case(
        {
            series("container_memory_working_set_bytes", **POD, id="/kubepods"): "10x5 95x25 10x10",
            series("kube_pod_container_resource_limits", **POD, resource="memory"): "100x40",
        },
        POD,
        25,
        (15, 35),
    ),
    "PodRestarts": Case(
        {series("kube_pod_container_status_restarts_total", **POD): "0x10 0+1x10 10x60"},
        POD,
        18,
        (5, 65),
    ),
}


def test_every_alert_has_a_case_and_says_where_to_look() -> None:
    assert set(CASES) == set(ALERTS)
    for alert in ALERTS.values():
        assert set(alert["annotations"]) == {"summary", "look"}


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_and_resolves(alert: str, tmp_path: Path) -> None:
    case = CASES[alert]
    told = {
        key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda name: case.labels[name[1]], text)
        for key, text in ALERTS[alert]["annotations"].items()
    }
    fired = {"exp_labels": case.labels | {"severity": "page"}, "exp_annotations": told}
    times: dict[int, list[dict[str, Any]]] = {
        case.quiet[0]: [],
        case.fires: [fired],
        case.quiet[1]: [],
    }
    written = {
        "rule_files": [f"{root.HOME}/source/{RULES.name}"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in case.values.items()
                ],
                "alert_rule_test": [
                    {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": expected}
                    for minute, expected in times.items()
                ],
            }
        ],
    }
    (tmp_path / WITHIN).write_text(yaml.safe_dump(written))
    binds = {"source": RULES.parent, "work": tmp_path}
    output = root.build_with(
        monitoring.debian(), "promtool", "test", "rules", f"{root.HOME}/work/{WITHIN}", binds=binds
    )
    assert "SUCCESS" in output
