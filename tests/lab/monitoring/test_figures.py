"""What the platform's programs tell Prometheus of themselves, and nobody else."""

from __future__ import annotations

import pytest

from lab.machines import Machine
from spec import Platform
from spec.parts import HARBOR_PROGRAMS
from spec.programs import DATABASE, RUNNER, programs
from tests.lab.cluster import NAMESPACE, pod, told, until
from tests.lab.doors import answers
from tests.lab.pages import figures

pytestmark = pytest.mark.usefixtures("installed")


def test_harbor_tells_prometheus_of_itself_and_nobody_else(
    docker: Machine, control: Machine, worker: Machine, platform: Platform
) -> None:
    told = {it["metric"]["program"] for it in figures(worker, 'up{job="harbor"} == 1')}
    assert told == set(HARBOR_PROGRAMS)
    until(lambda: bool(figures(worker, "harbor_health == 1")), "Harbor says that it is well")
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
    ask = f"curl -s --max-time 30 http://{docker.address}:{port}/metrics || :"
    assert "harbor_up" in worker.ssh(ask)
    assert control.ssh(ask) == ""


def test_programs_that_answer_on_their_own_machine_alone_are_told_of(
    docker: Machine, worker: Machine, platform: Platform
) -> None:
    # The database comes with the application, which is not there.
    wanted = {
        (it.hostname, name)
        for it in platform.machines
        for name in programs(platform, it)
        if name != DATABASE
    }

    def up() -> set[tuple[str, str]]:
        found = [it["metric"] for it in figures(worker, "platform_program_up == 1")]
        return {(it["instance"], it["program"]) for it in found}

    until(lambda: up() == wanted, "each says how it is")
    for query in (
        "etcd_server_has_leader == 1",
        "etcd_disk_wal_fsync_duration_seconds_count > 0",
        'scheduler_pending_pods{queue="active"}',
        "node_collector_unhealthy_nodes_in_zone == 0",
        "gitlab_runner_concurrent == 1",
        'docker_container_running{name="edge-nginx"} == 1',
        'docker_container_memory_bytes{name="harbor-core"} > 0',
    ):
        assert figures(worker, query), query
    port = RUNNER.rpartition(":")[2]
    assert docker.ssh(f"ss -Hltn 'sport = :{port}' | awk '{{print $4}}'").split() == [RUNNER]
    docker.ssh("sudo systemctl stop gitlab-runner")
    try:
        silent = 'platform_program_up{program="gitlab-runner"} == 0'
        until(lambda: bool(figures(worker, silent)), "one that is off is missed")
    finally:
        docker.ssh("sudo systemctl start gitlab-runner")
    until(lambda: up() == wanted, "and found again")


def test_a_pod_with_a_port_called_metrics_is_asked_for_as_long_as_it_is_ready(
    worker: Machine, platform: Platform, pods: None
) -> None:
    serves = "cd /tmp && echo own_figure 7 >metrics && exec httpd -f -p 9090"
    extra = f'command: [sh, -c, "{serves}"], ports: [{{name: metrics, containerPort: 9090}}]'
    told("apply", "-f", "-", stdin=pod("go", platform.k8s_control.probe_image, extra))
    query = 'own_figure{job="application", tier="go", pod="go"} == 7'
    until(lambda: bool(figures(worker, query)), "it is asked")
    told("-n", NAMESPACE, "delete", "pod", "go")
    until(lambda: not figures(worker, 'up{job="application"}'), "it is not missed")
