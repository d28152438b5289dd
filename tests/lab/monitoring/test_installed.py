"""What is there, who reaches it, and that another run changes nothing of it."""

from __future__ import annotations

import json
from functools import partial

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from spec import Platform
from tests.lab.cluster import until
from tests.lab.deploying import await_shut
from tests.lab.monitored import PAGES, TEMPLATE, changes, described, monitoring, shut, shut_to
from tests.lab.pages import GRAFANA, LOKI, PROMETHEUS, answer, asked
from tests.unit.test_dashboards import NAMES

pytestmark = pytest.mark.usefixtures("converged")


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
    assert shut_to(worker, PAGES, docker, control)


def test_grafana_has_our_dashboards_and_prometheus_what_they_ask_for(
    installed: None, control: Machine, worker: Machine
) -> None:
    boards = json.loads(control.ssh("sudo grafana-asks 'api/search?type=dash-db&tag=platform'"))
    assert {board["uid"] for board in boards} == {"platform", "machine", "shop", "registry"}
    # The lab's chart has no kube-state-metrics and does not ask kubelet.
    here = {name for name in NAMES if name.startswith(("node_", "edge_"))}
    names = "/api/v1/label/__name__/values"
    until(lambda: here <= set(answer(worker, names)), f"Prometheus has {sorted(here)}")


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
