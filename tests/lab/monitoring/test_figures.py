"""What the platform's programs tell Prometheus of themselves, and nobody else."""

from __future__ import annotations

import pytest

from lab.machines import Machine
from spec import Platform
from spec.parts import HARBOR_PROGRAMS
from tests.lab.cluster import until
from tests.lab.doors import answers
from tests.lab.pages import figures

pytestmark = pytest.mark.usefixtures("installed")


def test_harbor_tells_prometheus_of_itself_and_nobody_else(
    docker: Machine, control: Machine, worker: Machine, platform: Platform
) -> None:
    told = {it["metric"]["program"] for it in figures(worker, 'up{job="harbor"} == 1')}
    assert told == set(HARBOR_PROGRAMS)
    until(lambda: bool(figures(worker, "harbor_health == 1")), 40, "Harbor says that it is well")
    parts = {it["metric"]["component"] for it in figures(worker, "harbor_up == 1")}
    assert {"core", "database", "registry"} <= parts
    for name in (
        "harbor_core_http_request_total",
        "harbor_jobservice_info",
        "registry_http_requests_total",
    ):
        assert figures(worker, name), name
    port = platform.docker_host.harbor_metrics_port
    assert not answers(docker, port)
    ask = f"curl -s --max-time 2 http://{docker.address}:{port}/metrics || :"
    assert "harbor_up" in worker.ssh(ask)
    assert control.ssh(ask) == ""
