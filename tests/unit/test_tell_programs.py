"""What asks programs of their own machine, against a program, a Docker and a command of here."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from spec import Platform
from spec.programs import programs
from tests.unit.certificates import certificate
from tests.unit.doubles import program, tool

SAID = """# HELP etcd_server_has_leader Whether or not a leader exists.
# TYPE etcd_server_has_leader gauge
etcd_server_has_leader 1
go_goroutines 12
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 3
etcd_disk_wal_fsync_duration_seconds_count 4
etcd_debugging_mvcc_keys_total 9
scheduler_pending_pods{queue="active"} 0
"""
# As Docker's API tells of two containers, in parts (docs.docker.com, Engine API 1.47).
CONTAINERS: dict[str, Any] = {
    "/containers/json?all=true": [{"Id": "a1"}, {"Id": "b2"}, {"Id": "gone"}],
    "/containers/a1/json": {
        "Name": "/harbor-core",
        "RestartCount": 2,
        "State": {"Running": True, "Health": {"Status": "healthy"}},
    },
    "/containers/b2/json": {"Name": "/done", "RestartCount": 0, "State": {"Running": False}},
    "/containers/a1/stats?stream=false&one-shot=true": {
        "memory_stats": {"usage": 1000, "stats": {"inactive_file": 400}},
        "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}},
    },
}


@pytest.fixture
def teller(tmp_path: Path) -> ModuleType:
    module = program("monitoring/usr/local/sbin/tell-programs")
    for name, value in {"PATIENCE": 30, "FIGURES": tmp_path / "programs.prom"}.items():
        setattr(module, name, value)
    return module


class Program(BaseHTTPRequestHandler):
    """Answers with the text above, or as Docker does."""

    def address_string(self) -> str:
        return "here"

    def do_GET(self) -> None:
        if self.path == "/metrics":
            status, body = 200, SAID.encode()
        else:
            told = CONTAINERS.get(self.path, {"message": "No such container"})
            status, body = 200 if self.path in CONTAINERS else 404, json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class OnSocket(socketserver.ThreadingUnixStreamServer):
    """The same on a socket."""

    daemon_threads = True


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_of_what_a_program_says_the_lines_are_kept_that_somebody_looks_at(
    teller: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy of everybody's leads nowhere from here.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Program) as server, serving(server):
        lines = teller.told(f"http://127.0.0.1:{server.server_port}/metrics")
    assert lines == [
        "etcd_server_has_leader 1",
        'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 3',
        "etcd_disk_wal_fsync_duration_seconds_count 4",
        'scheduler_pending_pods{queue="active"} 0',
    ]


def test_over_https_it_shows_the_certificate_that_the_cluster_has_signed(
    teller: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, key = certificate(tmp_path, "own", "kube-apiserver-kubelet-client")
    monkeypatch.setattr(teller, "CLIENT", own.with_suffix(""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    context.load_verify_locations(own)
    context.verify_mode = ssl.CERT_REQUIRED
    with HTTPServer(("127.0.0.1", 0), Program) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://127.0.0.1:{server.server_port}/metrics"
        with serving(server):
            assert "etcd_server_has_leader 1" in teller.told(url)


def test_every_container_is_told_of_and_one_that_goes_meanwhile_is_not(
    teller: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(teller, "DOCKER", str(tmp_path / "docker.sock"))
    with OnSocket(teller.DOCKER, Program) as server, serving(server):
        lines = teller.told("docker")
    core = '{name="harbor-core"}'
    assert lines == [
        f"docker_container_running{core} 1",
        f"docker_container_restarts{core} 2",
        f"docker_container_healthy{core} 1",
        f"docker_container_memory_bytes{core} 600",
        f"docker_container_cpu_seconds_total{core} 2.500",
        'docker_container_running{name="done"} 0',
        'docker_container_restarts{name="done"} 0',
    ]


def test_who_does_not_answer_is_down_and_hides_nobody_else(
    teller: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool(tmp_path, "figures", 'echo "mysql_global_status_uptime 7"')
    tool(tmp_path, "fails", "exit 1")
    tool(tmp_path, "quiet", "exit 0")
    monkeypatch.setattr(teller, "DOCKER", str(tmp_path / "none.sock"))
    words = {
        "etcd": "http://127.0.0.1:9/metrics",
        "docker": "docker",
        "mysql": f"{tmp_path}/figures",
        "broken": f"{tmp_path}/fails",
        "none yet": f"{tmp_path}/quiet",
    }
    assert list(teller.figures(words)) == [
        'platform_program_up{program="etcd"} 0',
        'platform_program_up{program="docker"} 0',
        "mysql_global_status_uptime 7",
        'platform_program_up{program="mysql"} 1',
        'platform_program_up{program="broken"} 0',
    ]


def test_it_writes_until_it_is_stopped_and_leaves_nothing(
    teller: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path, "figures", "echo a 1")
    seen = []

    def stopped(_seconds: float) -> None:
        seen.append(teller.FIGURES.read_text())
        raise KeyboardInterrupt

    monkeypatch.setattr(teller, "time", SimpleNamespace(sleep=stopped))
    monkeypatch.setattr(teller, "signal", SimpleNamespace(signal=print, SIGTERM=15))
    with pytest.raises(KeyboardInterrupt):
        teller.main(f"one={tmp_path}/figures")
    assert seen == ['a 1\nplatform_program_up{program="one"} 1\n']
    assert list(tmp_path.glob("programs*")) == []


def test_each_machine_has_its_own_programs(platform: Platform, wide: Platform) -> None:
    told = {it.name: list(programs(wide, it)) for it in wide.machines}
    assert told == {
        "vm-docker": ["docker", "gitlab-runner"],
        "vm-k8s": ["etcd", "kube-controller-manager", "kube-scheduler"],
        "vm-worker": ["mysql"],
        "vm-worker-2": [],
    }
    command = programs(platform, platform.machine("vm-worker"))["mysql"]
    settings = platform.k8s_worker
    assert command.endswith(f"figures {settings.app_namespace} {settings.app_database_path}")
