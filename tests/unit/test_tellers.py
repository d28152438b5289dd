"""What tells Prometheus of a machine and of the edge, without either."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from operations.sources import source
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import program, tool


@pytest.fixture
def teller() -> ModuleType:
    return program("monitoring/usr/local/sbin/tell-edge")


def test_answers_are_counted_by_tier_code_and_time(teller: ModuleType) -> None:
    figures = teller.Figures(("frontend", "go", "none"))
    for line in (
        "go 200 0.003",
        "go 200 0.300",
        "go 503 7.000",
        "none 421 0.000",
        "x 200 1",
        "go 099 1",
    ):
        figures.add(f"<190>Nov 29 16:00:00 nginx: {line}")
    lines = dict(line.rsplit(" ", 1) for line in str(figures).splitlines())
    assert lines['edge_requests_total{tier="go",code="2xx"}'] == "2"
    assert lines['edge_requests_total{tier="go",code="5xx"}'] == "1"
    assert lines['edge_requests_total{tier="frontend",code="5xx"}'] == "0"
    assert lines['edge_requests_total{tier="none",code="4xx"}'] == "1"
    within = {
        bound: lines[f'edge_request_seconds_bucket{{tier="go",le="{bound}"}}']
        for bound in (0.1, 0.25, 0.5, 5, 10, "+Inf")
    }
    assert within == {0.1: "1", 0.25: "1", 0.5: "2", 5: "2", 10: "3", "+Inf": "3"}
    assert lines['edge_request_seconds_sum{tier="go"}'] == "7.303"
    assert lines['edge_request_seconds_count{tier="go"}'] == "3"


def test_nginx_is_told_of_the_longest_path_first(teller: ModuleType) -> None:
    text = teller.configuration("hit.local", {"frontend": "/", "go": "/go/"})
    assert text.index('"~^hit.local/go/" go;') < text.index('"~^hit.local/" frontend;')
    assert "syslog:server=unix:/etc/nginx/conf.d/figures.socket,nohostname" in text


def test_a_machine_tells_of_gates_certificates_and_the_last_backup(
    platform: Platform, on_host: OnHost, tmp_path: Path
) -> None:
    on_host(name="vm-docker")
    last = tmp_path / "last"
    last.touch()
    asks = [("'it is'", "true"), ("'it is not'", "false")]
    script = source(
        platform,
        "monitoring",
        "/usr/local/sbin/tell-gates",
        patience=5,
        last_backup=str(last),
        asks=asks,
    ).content
    (tmp_path / "tell").write_text(
        script.replace("/var/lib/prometheus/node-exporter", str(tmp_path))
    )
    tool(tmp_path, "certificates-end", "echo 'edge 42 2027-01-10 /opt/edge/certs/tls.crt'")
    path = f"{tmp_path}:/usr/bin:/bin"
    subprocess.run(["bash", tmp_path / "tell"], env={"PATH": path}, check=True)
    assert (tmp_path / "gates.prom").read_text().splitlines() == [
        'platform_gate_open{gate="it is"} 1',
        'platform_gate_open{gate="it is not"} 0',
        'platform_certificate_days{whose="edge",path="/opt/edge/certs/tls.crt"} 42',
        f"platform_backup_time_seconds {last.stat().st_mtime_ns // 10**9}",
        f"platform_backup_due_seconds {8 * 86400}",
    ]


def test_whoever_else_writes_to_its_socket_stops_nothing(
    teller: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_counted(path: Path, text: str) -> None:
        if 'edge_requests_total{tier="go",code="2xx"} 1' in text:
            raise KeyboardInterrupt

    monkeypatch.setattr(teller, "EVERY", 0)
    monkeypatch.setattr(teller, "write", until_counted)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        for line in (b"\xff", b"", b"go 200", b"go 200 soon", b"go 200 0.2"):
            theirs.send(line)
        with pytest.raises(KeyboardInterrupt):
            teller.count(ours, teller.Figures(("go",)))
