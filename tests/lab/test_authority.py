"""The edge's certificate and the CA that signs it: renewed, trusted, stood in for, replaced."""

from __future__ import annotations

import shlex
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from spec.certificate import CA, CA_KEY
from tests.lab.cluster import FETCHED
from tests.lab.deploying import SETTINGS, await_shut, converge, deploy, planned

pytestmark = pytest.mark.usefixtures("docker_only")

SHOWN = "echo | openssl s_client -connect 127.0.0.1:443 2>/dev/null | openssl x509 -noout -subject"
ISSUER = SHOWN.replace("-subject", "-issuer")


def _ca() -> subprocess.CompletedProcess[str]:
    """What `make ca` says."""
    words = (sys.executable, "-m", "operate.ca", "inventory.py", *SETTINGS)
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_a_certificate_that_ends_soon_is_renewed_by_the_machine(docker: Machine) -> None:
    assert docker.ssh("systemctl is-active edge-certificate.timer").strip() == "active"
    renew = "sudo systemctl start edge-certificate.service"
    before = docker.ssh("sha256sum /opt/edge/certs/tls.crt")
    docker.ssh(renew)
    assert docker.ssh("sha256sum /opt/edge/certs/tls.crt") == before
    certs = "/opt/edge/certs/tls.crt /opt/edge/certs/tls.key"
    docker.ssh(
        f"sudo make-certificate hit.local {certs} 36 {CA} {CA_KEY} 2>&1"
        " && sudo docker exec edge-nginx nginx -s reload"
    )
    docker.ssh(renew)
    # nginx starts the workers that show it a moment later.
    lasts = f"until {SHOWN} -checkend {300 * 86400} | grep 'will not'; do sleep 1; done"
    assert docker.ssh(f"timeout 120 sh -c {shlex.quote(lasts)}")
    assert converge() == {}


def _trusting(cafile: Path | None) -> str:
    """What the edge answers a client that trusts this CA, and nobody else."""
    trusting = ssl.create_default_context(cafile=cafile)
    with (
        socket.create_connection(("192.168.56.42", 443), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname="hit.local") as secured,
    ):
        secured.sendall(b"GET /edge-health HTTP/1.0\r\nHost: hit.local\r\n\r\n")
        return secured.makefile().readline()


def test_who_trusts_the_platforms_ca_sees_the_edge_and_nobody_who_stands_in_for_it(
    docker: Machine,
) -> None:
    made = _ca()
    assert made.returncode == 0, made.stderr
    assert "update-ca-certificates" in made.stdout
    assert " 204 " in _trusting(FETCHED / "ca.crt")
    with pytest.raises(ssl.SSLCertVerificationError):
        _trusting(None)
    assert docker.ssh(f"stat -c '%a %U' {CA} {CA_KEY}").split("\n")[:2] == ["644 root", "600 root"]


@pytest.mark.soak(reason="a CA that is missing is made in every run")
def test_a_platform_with_a_self_signed_certificate_gets_a_ca_and_one_of_its(
    docker: Machine,
) -> None:
    docker.ssh(
        "sudo sh -c 'rm -r /etc/platform && cd /opt/edge/certs && openssl req -x509 -nodes"
        " -newkey rsa:2048 -days 397 -keyout tls.key -out tls.crt -subj /CN=hit.local -addext"
        " subjectAltName=DNS:hit.local' 2>&1 && sudo docker exec edge-nginx nginx -s reload"
    )
    await_shut("vm-docker: the edge shows a certificate for hit.local")
    over = [
        "Docker host | Make the platform's own CA",
        "Docker host | Sign a certificate for hit.local",
    ]
    assert [name for name in planned() if "gate" not in name][:2] == over
    converge()
    assert "CN=PlatformCAofhit.local" in docker.ssh(ISSUER).replace(" ", "")
    assert planned() == {}
    await_shut()


def test_a_ca_that_may_vouch_for_everybody_is_not_brought_here(docker: Machine) -> None:
    docker.ssh(
        f"sudo sh -c 'cp -a /etc/platform /root/ && openssl req -x509 -nodes -newkey rsa:2048"
        f" -days 9 -subj /CN=evil -keyout {CA_KEY} -out {CA}' 2>&1"
    )
    try:
        (FETCHED / "ca.crt").unlink(missing_ok=True)
        made = _ca()
        assert made.returncode == 1
        assert "vm-docker shows a CA that may vouch for any name: trust it nowhere" in made.stderr
        assert not (FETCHED / "ca.crt").exists()
    finally:
        docker.ssh("sudo sh -c 'rm -r /etc/platform && mv /root/platform /etc/'")
    assert planned() == {}


def test_an_own_certificate_is_served(docker: Machine, tmp_path: Path) -> None:
    certificate, key = tmp_path / "own.crt", tmp_path / "own.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "90",
         "-keyout", key, "-out", certificate, "-subj", "/O=ours/CN=hit.local",
         "-addext", "subjectAltName=DNS:hit.local"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    own = ("--data", f"edge_certificate={certificate}", "--data", f"edge_certificate_key={key}")
    run = deploy("-y", *own)
    assert run.status == 0, run.reason
    assert "O=ours" in docker.ssh(SHOWN).replace(" ", "")
    assert deploy("--dry", "--json", *own).plan == {}
    docker.ssh("sudo rm /opt/edge/certs/tls.crt")
    converge()
    assert "O=ours" not in docker.ssh(SHOWN).replace(" ", "")


def test_a_new_name_gets_a_new_certificate_and_a_reload(docker: Machine) -> None:
    started = docker.ssh("sudo docker inspect --format '{{.State.StartedAt}}' edge-nginx")
    run = deploy("-y", "--data", "edge_host=other.local")
    assert run.status == 0, run.reason
    assert "other.local" in docker.ssh(SHOWN)
    converge()
    assert "hit.local" in docker.ssh(SHOWN)
    assert docker.ssh("sudo docker inspect --format '{{.State.StartedAt}}' edge-nginx") == started
