"""`make smoke`: one line a check, from the outside in; what came, and what to look at."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from operate import served
from operate.served import Check, Wrong, checks, show
from spec import Machine, Platform

READY = [{"type": "Ready", "status": "True"}]
SHORT = [{"type": "Ready", "status": "False"}]


class Served(ThreadingHTTPServer):
    """A server here: the status of each path, or the JSON that it answers with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.paths: dict[str, Any] = {}
        self.hosts: list[str] = []


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Served)
        told = self.server.paths.get(self.path.partition("?")[0], 404)
        self.server.hosts.append(self.headers["Host"])
        self.send_response(told if isinstance(told, int) else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"" if isinstance(told, int) else json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """One that answers, and a proxy of this machine's that must not be asked."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with Served() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def here() -> Machine:
    return Machine("vm-x", IPv4Address("127.0.0.1"), (), ssh_hostname="127.0.0.1")


def test_the_checks_go_from_what_a_visitor_sees_to_the_nodes(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_let_in", lambda *_: True)
    assert [check.what for check in checks(platform)] == [
        "https://hit.local/",
        "https://hit.local/go/api/products",
        "https://hit.local/laravel/api/products",
        "http://vm-worker:30080/",
        "http://vm-worker:30081/api/products",
        "http://vm-worker:30082/api/products",
        "http://harbor.local:8080/v2/ asks for a login",
        "every node is Ready",
        "every pod of threebody-prod and of the system is Ready",
    ]


def test_node_ports_are_asked_from_where_they_answer(platform: Platform, here: Machine) -> None:
    assert not served._let_in(here, platform.node_port_sources)
    edge = replace(here, groups=("docker_host",))
    assert served._let_in(here, replace(platform, machines=(edge,)).node_port_sources)


def test_an_answer_is_asked_by_address_under_its_name(server: Served, here: Machine) -> None:
    server.paths = {"/": 200, "/v2/": 401}
    served._serves(here, server.server_port, "/", "hit.local")()
    served._serves(here, server.server_port, "/v2/", "harbor.local", status=401)()
    assert server.hosts == ["hit.local", "harbor.local"]
    with pytest.raises(Wrong, match="404 Not Found, expected 200"):
        served._serves(here, server.server_port, "/gone")()


def test_each_check_is_a_line_and_a_failed_one_says_what_came(
    server: Served, here: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    server.paths = {"/": 200, "/bad": 503}
    asked = [
        Check("the page", served._serves(here, server.server_port, "/"), "nothing"),
        Check("the API", served._serves(here, server.server_port, "/bad"), "the pods"),
        Check("a shut door", served._serves(here, 1, "/"), "the firewall"),
    ]
    assert show(asked) == 1
    output = capsys.readouterr().out
    assert "✓ the page" in output
    assert "✗ the API" in output
    assert "came: 503 Service Unavailable, expected 200\n    look at: the pods" in output
    assert f"came: {here.ssh_hostname}:1 gives no answer: Connection refused\n" in output
    assert "1 of 3 answer as they should" in output
    assert show(asked[:1]) == 0


def kubeconfig(port: int, folder: Path) -> Path:
    path = folder / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "clusters": [cluster],
                "contexts": [context],
                "users": [{"name": "u", "user": {"token": "x"}}],
            }
        )
    )
    return path


def items(*named: tuple[str, str, list[dict[str, str]]]) -> dict[str, Any]:
    rows = [
        {
            "metadata": {"name": name, "namespace": "kube-system"},
            "status": {"phase": phase, "conditions": conditions},
        }
        for name, phase, conditions in named
    ]
    return {"kind": "List", "apiVersion": "v1", "items": rows}


def test_nodes_and_pods_that_are_not_ready_are_named(
    server: Served, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    path = kubeconfig(server.server_port, tmp_path)
    node = {"kind": "NodeList", "apiVersion": "v1"}
    server.paths["/api/v1/nodes"] = {**items(("vm-k8s", "", READY)), **node}
    with pytest.raises(Wrong, match="not Ready: vm-worker"):
        served._nodes(platform, path)
    both = items(("vm-k8s", "", READY), ("vm-worker", "", READY))
    server.paths["/api/v1/nodes"] = {**both, **node}
    served._nodes(platform, path)

    pods = items(("a", "Running", READY), ("b", "Running", SHORT), ("c", "Succeeded", SHORT))
    server.paths["/api/v1/namespaces/kube-system/pods"] = pods
    with pytest.raises(Wrong) as told:
        served._pods(path, ("kube-system",))
    assert str(told.value) == "kube-system/b Running"


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_one_that_never_answers_is_asked_once(
    silent: socket.socket,
    here: Machine,
    platform: Platform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(served, "WITHIN", 1)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    port = silent.getsockname()[1]
    with pytest.raises(Wrong, match=f"127.0.0.1:{port} gives no answer: timed out"):
        served._serves(here, port, "/")()
    with pytest.raises(Wrong, match="the Kubernetes API gives no answer: timed out"):
        served._nodes(platform, kubeconfig(port, tmp_path))
    silent.setblocking(False)
    for _ in "the port", "the API":
        silent.accept()[0].close()
    with pytest.raises(BlockingIOError):
        silent.accept()


def test_an_api_that_is_off_or_refuses_is_one_sentence(
    server: Served, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.paths["/api/v1/nodes"] = 401
    with pytest.raises(Wrong, match=r"^the Kubernetes API says 401 Unauthorized$"):
        served._nodes(platform, kubeconfig(server.server_port, tmp_path))
    with pytest.raises(Wrong, match=r"^the Kubernetes API gives no answer: Connection refused$"):
        served._nodes(platform, kubeconfig(1, tmp_path))


@pytest.mark.parametrize("text", [None, "{}"], ids=["gone", "empty"])
def test_a_kubeconfig_that_is_of_no_use_is_one_sentence(
    platform: Platform, tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Wrong, match=f"^{path}") as told:
        served._nodes(platform, path)
    assert ("is not here: a run brings it" in str(told.value)) is (text is None)
