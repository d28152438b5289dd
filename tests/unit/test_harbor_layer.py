"""The registry on its machine: which files, which operations, over http and over https."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import spec
from operations.downloads import Signed
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, changed
from tests.unit.harbor_layer import CA, CRT, KEY, TLS, Layer, layer, only
from tests.unit.tasks_run import Call, files_of, run

__all__ = ["layer"]  # a fixture


def described(calls: list[Call]) -> dict[str, Any]:
    text = files_of(calls)["/etc/harbor/harbor.yml"].content
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_over_http_harbor_publishes_its_port_and_nothing_else(layer: Layer) -> None:
    told = described(layer())
    assert (told["hostname"], told["http"]) == ("harbor.local", {"port": 8080})
    assert "https" not in told
    assert told["data_volume"] == "/data/harbor"
    assert told["harbor_admin_password"] == told["database"]["password"] == PASSWORD
    assert told["trivy"] == {"enabled": False}


@pytest.mark.parametrize(("settings", "left"), [({}, ["/etc/harbor/tls"]), (TLS, [])])
def test_over_http_no_certificate_stays_that_nobody_shows(
    layer: Layer, settings: dict[str, str], left: list[str]
) -> None:
    removed = [
        call.arguments["paths"] for call in layer(**settings) if call.operation == "files.remove"
    ]
    assert [path for paths in removed for path in paths if "harbor/tls" in path] == left


def test_harbor_tells_of_itself_only_where_somebody_asks(
    hosts: list[HostData], layer: Layer, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = layer()
    on = changed(hosts, "k8s_worker", monitoring_enabled=True)
    told = run("docker_host", "vm-docker", spec.load(on), on_host, monkeypatch)
    assert described(told)["metric"] == {"enabled": True, "port": 9191, "path": "/metrics"}
    # Without a monitoring the configuration is what it always was: nothing is installed again.
    before = described(told)
    del before["metric"]
    assert described(quiet) == before
    another = layer(harbor_metrics_port=9292)
    sums = {only(calls, "harbor.install")["config"] for calls in (quiet, another)}
    assert sums != {only(told, "harbor.install")["config"]}
    assert len(sums) == 1


def test_over_https_harbor_has_its_certificate_and_publishes_no_http(layer: Layer) -> None:
    told = described(layer(**TLS))
    assert told["https"] == {"port": 8443, "certificate": CRT, "private_key": KEY}
    assert told["http"] == {"port": "127.0.0.1:0"}


@pytest.mark.parametrize(
    "password", ["Aa1!%&()*+,-./:;<=>?@[]^_{|}~", "Aa1{{x}}:%s", "-:Aa12345", "00Aa12345"]
)
def test_whatever_the_password_is_it_arrives(
    layer: Layer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, password: str
) -> None:
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", password)
    calls = layer()
    assert described(calls)["harbor_admin_password"] == password
    login = tmp_path / "admin.curl"
    login.write_text(files_of(calls)["/etc/harbor/admin.curl"].content)
    assert sent_by_curl(login) == f"admin:{password}"


def sent_by_curl(login: Path) -> str:
    """What curl logs in with when it reads its options from a file."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with subprocess.Popen(["curl", "-s", "--config", login, f"http://127.0.0.1:{port}"]):
            client, _ = server.accept()
            with client:
                request = client.recv(4096).decode()
    (encoded,) = re.findall(r"Authorization: Basic (\S+)", request)
    return base64.b64decode(encoded).decode()


def test_each_account_has_a_login_that_only_root_reads(layer: Layer) -> None:
    files = files_of(layer())
    logins = {path: file for path, file in files.items() if path.endswith(".curl")}
    assert {path: file.content for path, file in logins.items()} == {
        "/etc/harbor/admin.curl": f'user = "admin:{PASSWORD}"\n',
        "/etc/harbor/push.curl": f'user = "robot$threebody+push:{PASSWORD}"\n',
        "/etc/harbor/pull.curl": f'user = "robot$threebody+pull:{PASSWORD}"\n',
    }
    assert {file.mode for file in logins.values()} == {"0600"}


@pytest.mark.parametrize(("settings", "insecure"), [({}, ["harbor.local:8080"]), (TLS, [])])
def test_docker_takes_an_insecure_registry_over_http_only(
    layer: Layer, settings: dict[str, str], insecure: list[str]
) -> None:
    daemon = json.loads(files_of(layer(**settings))["/etc/docker/daemon.json"].content)
    assert daemon["insecure-registries"] == insecure


def test_secrets_are_in_private_files_only_over_https_as_well(layer: Layer) -> None:
    files = files_of(layer(**TLS)).values()
    assert {f.mode for f in files if PASSWORD in f.content} == {"0600"}


def test_the_installation_knows_version_place_and_how_to_check(layer: Layer) -> None:
    calls = layer()
    installed = only(calls, "harbor.install")
    fingerprint = "7722D168DAEC457806C96FF9644FF454C0B4115C"
    assert isinstance(installed["check"], Signed)
    assert installed["check"].fingerprint == fingerprint
    assert (installed["version"], installed["data"]) == ("2.14.1", "/data/harbor")
    asked = {"gpg": "", "gpgv": ""}
    assert asked in [c.arguments["versions"] for c in calls if c.operation == "apt.packages"]


def test_with_a_sum_nothing_is_installed_to_check_a_signature(layer: Layer) -> None:
    calls = layer(harbor_sha256="0" * 64, harbor_version="v2.14.1")
    installed = only(calls, "harbor.install")
    assert (installed["check"], installed["version"]) == ("0" * 64, "2.14.1")
    assert not any("gpgv" in c.arguments.get("versions", ()) for c in calls)


def test_what_the_installer_reads_counts_and_the_admins_password_does_not(
    layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(**settings: object) -> str:
        return str(only(layer(**settings), "harbor.install")["config"])

    before = told()
    assert told(harbor_data="/elsewhere") != before
    assert told(harbor_project="other") == before
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", f"{PASSWORD}2")
    assert told() == before
    monkeypatch.setenv("HARBOR_DATABASE_PASSWORD", f"{PASSWORD}2")
    assert told() != before


def test_everything_asks_the_registry_by_its_own_certificate(layer: Layer) -> None:
    for settings, ca in (({}, ""), (TLS, CA)):
        calls = [c for c in layer(**settings) if c.operation.startswith("harbor")]
        assert [c.operation for c in calls] == [
            "harbor.check_login",
            "harbor.install",
            *(
                ["harbor.certificate"] if ca else []
            ),  # before anybody asks who trusts the new one alone
            "harbor.start",
            "harbor_project.create",
        ]
        assert {c.arguments["ca"] for c in calls if c.operation != "harbor.certificate"} == {ca}


def test_the_registry_starts_after_docker_and_before_the_edge(layer: Layer) -> None:
    calls = layer()
    units = {
        path.rpartition("/")[2]: dict(
            line.split("=", 1) for line in file.content.splitlines() if "=" in line
        )
        for path, file in files_of(calls).items()
        if path.endswith(".service")
    }
    harbor, edge = units["harbor-compose.service"], units["edge-compose.service"]
    assert harbor["Requires"] == "docker.service"
    assert {"docker.service", "docker-firewall.service"} <= set(harbor["After"].split())
    assert "harbor-compose.service" in edge["After"].split()
    order = [c.operation for c in calls]
    assert order.index("harbor_project.create") < order.index("docker.compose")
