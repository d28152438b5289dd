"""The application's tiers: refusals, and what edge, gate, smoke and firewall make of them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import spec
from gates import gates
from operate import served
from operate.served import checks
from spec import Mistake, Platform
from spec.inventory import HostData
from tests.unit.application import render
from tests.unit.certificates import certificate
from tests.unit.doubles import changed, sh, shipped_tiers, tool
from tests.unit.refusals import mistake_of, mistakes_of

Hosts = list[HostData]
WEB = {"path": "/", "port": 30200, "probe": "/ping"}
API = {"path": "/api/v2/", "port": 30201, "probe": "/status?deep=1&all=1"}
OWN = {"web": WEB, "api": API}


@pytest.fixture
def own(hosts: Hosts) -> Hosts:
    """An application of somebody's own, which the machine clones."""
    source = "https://git.example.org/group/shop.git"
    return changed(hosts, "docker_host", application_source=source)


@pytest.fixture
def platform(own: Hosts, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """With two tiers of its own, and a project at GitLab."""
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-unitUNITunit99")
    hosts = changed(own, "docker_host", gitlab_project="group/shop")
    return spec.load(changed(hosts, "k8s_worker", app_tiers=OWN))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("path", "api/", "not a path at the edge: it begins and ends with /"),
        ("path", "/api", "not a path at the edge: it begins and ends with /"),
        ("path", "", "not a path at the edge"),
        ("path", "//", "not a path at the edge"),
        ("path", "/a/../b/", "not a path at the edge"),
        ("path", "/a b/", "not a path at the edge"),
        ("path", "/a;b/", "not a path at the edge"),
        ("path", "/a{b}/", "not a path at the edge"),
        ("path", "/a\n/", "not a path at the edge"),
        ("path", 7, "not text: write it between quotes"),
        ("port", 29999, "not a NodePort of Kubernetes: 30000 to 32767"),
        ("port", 32768, "not a NodePort of Kubernetes: 30000 to 32767"),
        ("port", "30201", "a whole number from 30000 to 32767, without quotes"),
        ("probe", "healthz", "not a path to ask for: it begins with /"),
        ("probe", "", "not a path to ask for"),
        ("probe", "/a b", "not a path to ask for"),
        ("probe", "/$(id)", "not a path to ask for"),
        ("probe", '/"', "not a path to ask for"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_its_tier(
    own: Hosts, field: str, value: object, reason: str
) -> None:
    tiers = {"web": WEB, "api": {**API, field: value}}
    found = mistake_of(own, "k8s_worker", app_tiers=tiers)
    assert (found.where, found.setting) == ("k8s_worker", f"app_tiers.api.{field}")
    assert found.value == repr(value)
    assert reason in found.reason


@pytest.mark.parametrize(
    "tier", [{"path": "/", "port": 30200}, {**API, "prot": 1}, {}, "web", 30200, None]
)
def test_a_tier_has_three_fields_and_no_others(own: Hosts, tier: object) -> None:
    found = mistake_of(own, "k8s_worker", app_tiers={"web": tier})
    assert found.setting == "app_tiers.web"
    assert found.reason == "not a tier: it has path, port, probe, and nothing else"


@pytest.mark.parametrize("name", ["", "Web", "1st", "-web", "web-", "we_b", "w.eb", "w" * 64])
def test_a_name_that_is_none_for_a_service_is_refused(own: Hosts, name: str) -> None:
    found = mistake_of(own, "k8s_worker", app_tiers={name: WEB})
    assert found.reason.startswith("not a tier's name: a-z, 0-9 and -, a letter first")


@pytest.mark.parametrize(
    ("tiers", "reason"),
    [
        ({}, "holds 0 tiers: write 1 to 12"),
        (
            {f"t{n}": {**API, "path": f"/{n}/", "port": 30200 + n} for n in range(13)},
            "holds 13 tiers: write 1 to 12",
        ),
        (
            {"web": WEB, "api": {**API, "path": "/"}},
            "web and api have the path /: give each its own",
        ),
        ([WEB], 'not a table such as {"name": "value"}'),
    ],
)
def test_tiers_that_do_not_go_together_are_refused(own: Hosts, tiers: Any, reason: str) -> None:
    assert mistake_of(own, "k8s_worker", app_tiers=tiers).reason == reason


def test_a_node_port_is_one_tiers_and_not_monitorings(own: Hosts) -> None:
    taken = "taken by {} on every worker; choose another"
    tiers = {
        "web": WEB,
        "api": {**API, "port": 30200},
        "logs": {**API, "path": "/l/", "port": 30030},
    }
    assert mistakes_of(own, "k8s_worker", app_tiers=tiers) == [
        Mistake("k8s_worker", "app_tiers.api.port", "30200", taken.format("app_tiers.web.port")),
        Mistake(
            "k8s_worker", "app_tiers.logs.port", "30030", taken.format("monitoring_grafana_port")
        ),
    ]


@pytest.mark.parametrize(
    "tiers",
    [
        {"w": WEB},
        {"api": API},
        {"web-2": WEB, "api": {**API, "path": "/api/"}, "more": {**API, "port": 30202}},
        {"web": {**WEB, "probe": "/~me/a%20b.html?x=1,2&y=a:b@c;d+e"}},
    ],
)
def test_usual_tiers_are_accepted(own: Hosts, tiers: dict[str, Any]) -> None:
    assert list(
        spec.load(changed(own, "k8s_worker", app_tiers=tiers)).k8s_worker.app_tiers
    ) == list(tiers)


def test_the_shipped_application_wants_its_own_tiers_and_takes_more(hosts: Hosts) -> None:
    told = "the shipped application has frontend, go, laravel, and frontend at /"
    found = mistake_of(hosts, "k8s_worker", app_tiers=OWN)
    assert (found.setting, found.value) == ("app_tiers", "web at /, api at /api/v2/")
    assert told in found.reason
    moved = {**shipped_tiers(), "frontend": {**WEB, "path": "/shop/"}}
    assert told in mistake_of(hosts, "k8s_worker", app_tiers=moved).reason
    assert spec.load(changed(hosts, "k8s_worker", app_tiers={**shipped_tiers(), "api": API}))


def test_the_edge_has_a_route_for_each_tier_and_none_for_others(platform: Platform) -> None:
    text = render(platform, "docker_host/opt/edge/nginx/conf.d/edge.conf.j2", vouched_for=False)
    lines = [line.strip() for line in text.splitlines()]
    assert [line for line in lines if line.startswith("upstream")] == [
        "upstream web {",
        "upstream api {",
    ]
    assert "server 192.168.56.44:30200 max_fails=1 fail_timeout=5s;" in lines
    assert "server 192.168.56.44:30201 max_fails=1 fail_timeout=5s;" in lines
    routes = text[text.index("  location / {") :]
    assert routes == (
        "  location / {\n    proxy_pass http://web;\n  }\n\n"
        "  # The slash at the end of proxy_pass takes the prefix off:"
        " /api/v2/api/x goes on as /api/x.\n"
        "  location /api/v2/ {\n    limit_req zone=api_rl burst=10 nodelay;\n"
        "    proxy_pass http://api/;\n  }\n}\n"
    )


def test_smoke_asks_each_tier_at_the_edge_and_on_every_worker(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_let_in", lambda platform, worker: True)
    asked = [check.what for check in checks(platform)]
    assert asked[: asked.index("http://harbor.local:8080/v2/ asks for a login")] == [
        "https://hit.local/ping",
        "https://hit.local/api/v2/status?deep=1&all=1",
        "http://vm-worker:30200/ping",
        "http://vm-worker:30201/status?deep=1&all=1",
    ]


def test_the_firewall_lets_in_what_tiers_have(platform: Platform) -> None:
    assert set(platform.k8s_worker.node_ports) == {30200, 30201}


class Edge(ThreadingHTTPServer):
    """Answers as `statuses` say, over TLS; remembers what it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(folder, "hit.local"))
        self.socket = context.wrap_socket(self.socket, server_side=True)


class Answering(BaseHTTPRequestHandler):
    server: Edge

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.statuses.get(self.path, 404))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    with Edge(tmp_path) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("failing", ["/ping", "/api/v2/status?deep=1&all=1"])
def test_a_gate_asks_what_the_tiers_say_and_stays_shut_while_one_fails(
    platform: Platform, edge: Edge, tmp_path: Path, failing: str
) -> None:
    found = gates(platform, platform.machine("vm-docker"), "application")
    (gate,) = [one for one in found if one.awaits.startswith("the application answers")]
    to = f"--connect-to ::127.0.0.1:{edge.server_port}"
    tool(tmp_path / "bin", "curl", f'exec /usr/bin/curl {to} "$@"')
    edge.statuses = {"/ping": 200, "/api/v2/status?deep=1&all=1": 200}
    done = sh(gate.command, tools=tmp_path / "bin")
    assert done.returncode == 0, done.stderr
    assert edge.asked == list(edge.statuses)
    edge.statuses[failing] = 503
    done = sh(gate.command, tools=tmp_path / "bin")
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == f"https://hit.local:443{failing} 503"
