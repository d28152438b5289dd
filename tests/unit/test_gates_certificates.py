"""Gates about certificates: whose they are, for which name, and how long they last."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import spec
from gates import gates
from spec import Platform
from spec.certificate import LEAST_DAYS
from spec.inventory import HostData
from tests.unit.certificates import certificate
from tests.unit.doubles import changed, scripts, sh, tool
from tests.unit.one_gate import gate

OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize(
    ("name", "days", "verdict", "opens"),
    [
        ("hit.local", 60, "0 (ok)", True),
        ("other", 60, "0 (ok)", False),
        ("hit.local", LEAST_DAYS - 1, "0 (ok)", False),
        ("hit.local", 60, "18 (self-signed certificate)", False),
    ],
)
def test_a_certificate_for_another_name_near_its_end_or_of_nobodys_shuts_its_gate(
    platform: Platform, tmp_path: Path, name: str, days: int, verdict: str, opens: bool
) -> None:
    made = sh(
        f"openssl req -x509 -nodes -newkey rsa:2048 -days {days} -subj /CN={name}"
        f" -addext subjectAltName=DNS:{name} -keyout {tmp_path}/key -out {tmp_path}/crt"
    )
    assert made.returncode == 0, made.stderr
    answer = f"cat {tmp_path}/crt; echo '    Verify return code: {verdict}'"
    shown = f'case $1 in s_client) {answer};; *) exec {OPENSSL} "$@";; esac'
    scripts(tmp_path / "bin")
    tool(tmp_path / "bin", "openssl", shown)
    command = gate(platform, "the edge shows a certificate for hit.local", "vm-docker").command
    done = sh(command, tools=tmp_path / "bin")
    assert (done.returncode == 0) is opens, done.stdout + done.stderr
    assert name in done.stdout


def test_an_edge_that_shows_nothing_shuts_its_gate(platform: Platform, tmp_path: Path) -> None:
    scripts(tmp_path / "bin")
    command = gate(platform, "the edge shows a certificate for hit.local", "vm-docker").command
    done = sh(command.replace(" 443 ", " 1 "), tools=tmp_path / "bin")
    assert done.returncode == 1
    assert done.stdout == "port 1 shows no certificate\n"


@pytest.mark.parametrize(("days", "opens"), [(60, True), (9, False), (None, False)])
def test_a_certificate_that_docker_trusts_is_there_and_has_a_month_left(
    hosts: list[HostData], tmp_path: Path, days: int | None, opens: bool
) -> None:
    platform = spec.load(changed(hosts, "docker_host", harbor_url="https://harbor.local:8443"))
    command = gate(
        platform, "Docker trusts the certificate of harbor.local:8443", "vm-docker"
    ).command
    crt = tmp_path / "none.crt"
    if days:
        crt, _ = certificate(tmp_path, "harbor.local", days=days)
    path = "/etc/docker/certs.d/harbor.local:8443/ca.crt"
    assert path in command
    scripts(tmp_path / "bin")
    verdict = "echo '    Verify return code: 0 (ok)'"
    shown = f'case $1 in s_client) cat {crt}; {verdict};; *) exec {OPENSSL} "$@";; esac'
    tool(tmp_path / "bin", "openssl", shown)
    done = sh(command.replace(path, str(crt)), tools=tmp_path / "bin")
    assert (done.returncode == 0) is opens, done.stdout + done.stderr


def test_gates_ask_a_registry_over_https_by_its_own_certificate(hosts: list[HostData]) -> None:
    platform = spec.load(changed(hosts, "docker_host", harbor_url="https://harbor.local:8443"))
    asked = [
        gate.command
        for gate in gates(platform, platform.machine("vm-docker"))
        if "https://harbor.local:8443" in gate.command
    ]
    assert len(asked) == 4
    for command in asked:
        trusting = command.count(" --cacert /etc/docker/certs.d/harbor.local:8443/ca.crt")
        assert trusting == command.count("curl -s ") > 0
