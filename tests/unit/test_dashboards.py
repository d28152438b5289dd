"""Dashboards and alerts ask for what is scraped, and Grafana finds what we bring it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from spec import Platform
from tasks import monitoring
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT

FOLDER = CHECKOUT / "files/monitoring"
BOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
TELLERS = (
    CHECKOUT / "templates/monitoring/usr/local/sbin/tell-gates.j2",
    FOLDER / "usr/local/sbin/tell-edge",
    FOLDER / "usr/local/sbin/tell-programs",
    CHECKOUT / "files/application/go/metrics.go",
)
# What others tell: Prometheus itself, node-exporter (prometheus/node_exporter), kubelet's cAdvisor
# (kubernetes.io: "Metrics For Kubernetes System Components"), kube-state-metrics (docs/metrics).
OTHERS = {
    *("up", "ALERTS"),
    *("node_cpu_seconds_total", "node_load5", "node_disk_io_time_seconds_total"),
    *("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"),
    *("node_filesystem_avail_bytes", "node_filesystem_size_bytes"),
    *("node_network_receive_bytes_total", "node_textfile_mtime_seconds"),
    "container_memory_working_set_bytes",
    # What app-database prints, as prometheus/mysqld_exporter calls it.
    *("mysql_global_status_questions", "mysql_global_status_slow_queries"),
    *("mysql_global_status_threads_connected", "mysql_global_variables_max_connections"),
    # Harbor (goharbor/harbor, src/pkg/exporter and src/lib/metric).
    *("harbor_up", "harbor_core_http_request_total", "harbor_project_quota_usage_byte"),
    # prometheus/client_golang's collector of a Go program's database; php/php-src, sapi/fpm.
    *("go_sql_in_use_connections", "go_sql_wait_count_total"),
    *("phpfpm_active_processes", "phpfpm_listen_queue"),
    *("kube_pod_container_resource_limits", "kube_pod_container_status_restarts_total"),
}
WORDS = {"and", "or", "unless", "bool"}


def metrics(query: str) -> set[str]:
    """The names of what a query asks for."""
    bare = re.sub(r'"[^"]*"', "", query)
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", bare)
    bare = re.sub(r"\b(by|on|without|ignoring) *\([^)]*\)", " ", bare)
    return set(re.findall(r"\b[A-Za-z_:][\w:]*\b(?! *\()", bare)) - WORDS


def queries(board: dict[str, Any]) -> list[str]:
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    variables = [it["query"]["query"] for it in board["templating"]["list"]]
    return [*asked, *(re.sub(r"label_values\((\w+),.*", r"\1", it) for it in variables)]


ASKED = {
    **{path.name: queries(json.loads(path.read_text())) for path in BOARDS},
    "alerts.yaml": [
        rule["expr"]
        for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
        for rule in group["rules"]
    ],
}

NAMES = {name for asked in ASKED.values() for query in asked for name in metrics(query)}


@pytest.mark.parametrize("name", ASKED)
def test_every_query_asks_for_what_somebody_tells(name: str) -> None:
    own = " ".join(path.read_text() for path in TELLERS)
    asked = set().union(*map(metrics, ASKED[name]))
    assert asked
    # A histogram is told by its name alone.
    names = {it.removesuffix("_bucket") for it in asked - OTHERS}
    unknown = {it for it in names if not re.search(rf"\b{it}(_bucket)?\b", own)}
    assert unknown == set()


def test_the_names_in_a_query_are_told_from_its_other_words() -> None:
    query = 'sum by (tier) (rate(a_total{code="5xx"}[5m])) / on (x) b > 0 and time() - c_d < 1e3'
    assert metrics(query.replace("1e3", "1000")) == {"a_total", "b", "c_d"}


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_called_like_its_file_and_asks_our_prometheus(path: Path) -> None:
    board = json.loads(path.read_text())
    assert (board["uid"], board["tags"]) == (path.stem, ["platform"])
    sources = [panel["datasource"] for panel in board["panels"]]
    assert {it["uid"] for it in sources} == {"prometheus"}
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(it["x"] + it["w"] <= 24 for it in places)
    assert len({(it["x"], it["y"]) for it in places}) == len(places)


def test_all_of_them_are_where_grafanas_sidecar_looks(platform: Platform, on_host: OnHost) -> None:
    on_host(name="vm-k8s")
    brought = json.loads(monitoring._dashboards(platform))
    assert brought["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert brought["data"] == {path.name: path.read_text() for path in BOARDS}
