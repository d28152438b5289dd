"""The way of a registry to HTTPS, or to another address: said step by step before it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

import spec
from facts.probe.others import QUESTION, Running
from spec.inventory import HostData
from tests.unit.certificates import certificate
from tests.unit.doubles import changed, sh
from tests.unit.probes import CONTROL, DOCKER, notes, probe

HTTP, HTTPS = "http://harbor.local:8080", "https://harbor.local:8080"
TAIL = "harbor_admin_password: x\n  log:\n    port: 1\nlog:\n  external:\n    port: 514\n"


def steps(hosts: list[HostData], at: str, machine: str = DOCKER, **settings: object) -> list[str]:
    """What a run says whose registry is at an address until now."""
    platform = spec.load(changed(hosts, "docker_host", **settings))
    seen = probe("others", running=Running(harbor_url=at))
    return [note.removeprefix(f"{machine}: ") for note in notes(platform, machine, seen)]


def test_a_registry_that_stays_where_it_is_is_no_news(hosts: list[HostData]) -> None:
    for at in ("", HTTP):
        assert steps(hosts, at) == []
    assert steps(hosts, HTTP, harbor_url=HTTPS, machine=CONTROL) == []


def test_the_way_to_https_is_told_step_by_step(hosts: list[HostData]) -> None:
    title, *told = steps(hosts, HTTP, harbor_url=HTTPS)
    assert title == f"the registry goes from {HTTP} to {HTTPS}; the next run ends one cut off:"
    assert [step.split(".")[0] for step in told] == ["  1", "  2", "  3", "  4", "  5"]
    docker, harbor, nodes, pipelines, others = told
    assert "takes plain HTTP no more" in docker
    assert "nobody pushes or pulls" in harbor
    assert "containerd on vm-k8s, vm-worker is told" in nodes
    assert (
        f"protected variables of the project: REGISTRY=harbor.local:8080/threebody REGISTRY_URL="
        f"{HTTPS} REGISTRY_CA=/etc/docker/certs.d/harbor.local:8080/ca.crt"
    ) in pipelines
    assert "`make ca`" in others


def test_with_a_token_a_run_tells_gitlab_itself(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-unitUNITunit99")
    told = "\n".join(steps(hosts, HTTP, harbor_url=HTTPS, gitlab_project="group/shop"))
    assert "GitLab tells pipelines REGISTRY, REGISTRY_URL, REGISTRY_CA" in told


def test_another_address_asks_for_a_commit(hosts: list[HostData]) -> None:
    told = "\n".join(steps(hosts, HTTP, harbor_url="https://harbor.local:8443"))
    assert "name harbor.local:8080: push a commit in which they name harbor.local:8443" in told


def test_the_way_back_says_what_it_costs(hosts: list[HostData]) -> None:
    told = "\n".join(steps(hosts, HTTPS, harbor_url=HTTP))
    assert "plain HTTP to it, which whoever is on the way reads and changes" in told
    assert "make ca" not in told
    assert "REGISTRY_CA" not in told


def test_with_an_own_certificate_nobody_is_sent_to_the_platforms_ca(
    hosts: list[HostData], tmp_path: Path
) -> None:
    crt, key = certificate(tmp_path, "harbor.local")
    own = {"harbor_certificate": str(crt), "harbor_certificate_key": str(key)}
    assert "make ca" not in "\n".join(steps(hosts, HTTP, harbor_url=HTTPS, **own))


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (f"hostname: harbor.local\nhttp:\n  port: 8080\n{TAIL}", HTTP),
        (
            "hostname: harbor.local\n# https:\nhttp:\n  port: 127.0.0.1:0\nhttps:\n"
            f"  port: 8443\n  certificate: /x\n{TAIL}",
            "https://harbor.local:8443",
        ),
        ("", ""),
    ],
)
def test_where_a_registry_is_until_now_is_read_from_its_configuration(
    tmp_path: Path, text: str, output: str
) -> None:
    path = tmp_path / "harbor.yml"
    if text:
        path.write_text(text)
    done = sh(QUESTION.replace("/opt/harbor/harbor.yml", str(path)))
    rows = [row for row in done.stdout.splitlines() if row.startswith("harbor url ")]
    assert rows == ([f"harbor url {output}"] if output else [])
