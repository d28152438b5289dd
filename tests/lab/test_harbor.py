"""Harbor through restarts, power cuts and changed settings: what is in it stays."""

from __future__ import annotations

import json
import random
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest

from lab.doubles.gitlab.store import Store
from lab.machines import Machine
from tests.lab import registry
from tests.lab.deploying import await_shut, converge, deploy, planned

pytestmark = pytest.mark.usefixtures("docker_only")


@pytest.fixture(scope="module")
def image(docker: Machine) -> str:
    """The digest of an image that was pushed before everything here."""
    return registry.push(docker, "kept:1")


@pytest.mark.soak(reason="the shop's machines boot in every run")
def test_it_is_healthy_after_every_reboot_and_the_runner_takes_a_job(
    docker: Machine, gitlab: Store, image: str, rounds: int
) -> None:
    for _ in range(rounds):
        began = time.monotonic()
        docker.reboot()
        job = gitlab.queue(["docker ps"])
        registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
        print(f"reboot: Harbor healthy {time.monotonic() - began:.0f} s after it began")
        assert time.monotonic() - began < registry.HEALTHY_WITHIN
        assert job.wait(90) == "success", job.log.decode()
    registry.all_is_there(docker, image)
    await_shut()
    assert planned() == {}


@pytest.mark.soak(reason="Docker is stopped and started in every run")
def test_it_is_healthy_after_every_restart_of_docker(
    docker: Machine, image: str, rounds: int
) -> None:
    for _ in range(rounds):
        began = time.monotonic()
        docker.ssh("sudo systemctl reset-failed docker; sudo systemctl restart docker")
        registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
        print(f"restart of Docker: Harbor healthy {time.monotonic() - began:.0f} s after it began")
    registry.all_is_there(docker, image)


def test_docker_takes_it_down_and_brings_it_up_again(docker: Machine, image: str) -> None:
    docker.ssh("sudo systemctl stop docker.socket docker")
    assert registry.health(docker) == ""
    docker.ssh("sudo systemctl reset-failed docker; sudo systemctl start docker")
    registry.all_is_there(docker, image)
    assert planned() == {}


def test_a_rule_that_somebody_changed_is_put_back(docker: Machine) -> None:
    ask = f"sudo curl -sSf --config /etc/harbor/admin.curl {registry.URL}/api/v2.0"
    project = json.loads(docker.ssh(f"{ask}/projects/threebody"))
    path = f"{ask}/retentions/{project['metadata']['retention_id']}"
    rule = json.loads(docker.ssh(path))
    rule["rules"] = rule["rules"][:1]
    docker.ssh(f"{path} -X PUT -H 'Content-Type: application/json' -d {quote(json.dumps(rule))}")
    assert [*converge()] == ["Docker host | Open the project threebody to its robots"]
    assert len(json.loads(docker.ssh(path))["rules"]) == 2


@pytest.mark.soak(reason="pushes go on through a power cut in every run")
def test_a_power_cut_during_a_push_costs_that_push_only(
    docker: Machine, image: str, rounds: int
) -> None:
    chance = random.Random(20261125)
    for number in range(rounds):
        tag = f"{registry.PROJECT}/broken:{number}"
        docker.ssh(
            f"cd $(mktemp -d) && head -c 120M /dev/urandom > blob && tar -c blob |"
            f" sudo docker import - {tag} && rm blob"
        )
        with registry.logged_in(docker, "push") as client:
            pushing = subprocess.Popen(docker.ssh_command(f"{client} push {tag}"))
            time.sleep(chance.uniform(0.3, 2))
            docker.cut()
            pushing.wait()
            began = time.monotonic()
            docker.power_on()
        registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
        print(f"power cut in a push: Harbor healthy {time.monotonic() - began:.0f} s later")
        assert image in registry.pull(docker, f"kept@{image}")
        with registry.logged_in(docker, "push") as client:
            assert "digest: sha256:" in docker.ssh(f"{client} push {tag}")
    assert planned() == {}


@pytest.fixture(scope="module")
def usual_again(docker: Machine, image: str) -> Iterator[None]:
    """Harbor installed with other settings, by one test after the other; in the end as it was."""
    yield
    converge()
    registry.all_is_there(docker, image)
    assert converge() == {}


@pytest.mark.usefixtures("usual_again")
def test_a_changed_setting_and_a_changed_database_password_are_applied_and_nothing_is_lost(
    docker: Machine, image: str
) -> None:
    name = "harbor.local:8181"
    elsewhere = ("--data", f"harbor_url=http://{name}")
    other = {"HARBOR_DATABASE_PASSWORD": "Another0Password1"}
    converge(*elsewhere, env=other)
    run = deploy("--dry", "--json", *elsewhere, env=other)
    assert run.plan == {}
    registry.all_is_there(docker, image, registry=name)


@pytest.mark.usefixtures("usual_again")
@pytest.mark.soak(reason="the whole way to https is gone in every run")
def test_https_needs_no_insecure_registry(docker: Machine, image: str, tmp_path: Path) -> None:
    name = "harbor.local:8443"
    tls = ("--data", f"harbor_url=https://{name}")
    converge(*tls)
    assert deploy("--dry", "--json", *tls).plan == {}
    daemon = json.loads(docker.ssh("cat /etc/docker/daemon.json"))
    assert not any("harbor" in name for name in daemon["insecure-registries"])
    assert registry.push(docker, "kept:3", registry=name) == image
    trusted = tmp_path / "ca.crt"
    trusted.write_text(docker.ssh(f"cat /etc/docker/certs.d/{name}/ca.crt"))
    assert " 401 " in _status_line(docker, ssl.create_default_context(cafile=trusted))
    with pytest.raises(ssl.SSLCertVerificationError):
        _status_line(docker, ssl.create_default_context())


def _status_line(docker: Machine, trusting: ssl.SSLContext) -> str:
    """What the registry answers another machine of the network that trusts somebody."""
    with (
        socket.create_connection((docker.address, 8443), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname="harbor.local") as secured,
    ):
        secured.sendall(b"GET /v2/ HTTP/1.0\r\nHost: harbor.local:8443\r\n\r\n")
        return secured.makefile().readline()


@pytest.mark.usefixtures("usual_again")
@pytest.mark.soak(reason="three installations of Harbor")
def test_an_own_certificate_is_served_by_the_registry(
    docker: Machine, image: str, tmp_path: Path
) -> None:
    own = {part: tmp_path / part for part in ("ca.key", "ca.crt", "key", "csr", "crt", "names")}
    own["names"].write_text("subjectAltName=DNS:harbor.local\n")
    made = "-nodes -newkey rsa:2048 -keyout"
    for words in (
        f"req -x509 {made} {own['ca.key']} -days 90 -out {own['ca.crt']} -subj /CN=ours",
        f"req {made} {own['key']} -out {own['csr']} -subj /CN=harbor.local",
        f"x509 -req -in {own['csr']} -CA {own['ca.crt']} -CAkey {own['ca.key']} -days 90"
        f" -extfile {own['names']} -out {own['crt']}",
    ):
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    converge(
        *("--data", "harbor_url=https://harbor.local:8443"),
        *("--data", f"harbor_certificate={own['crt']}", "--data", f"harbor_ca={own['ca.crt']}"),
        *("--data", f"harbor_certificate_key={own['key']}"),
    )
    registry.all_is_there(docker, image, registry="harbor.local:8443")
    shown = "echo | openssl s_client -connect harbor.local:8443 2>/dev/null | grep issuer"
    assert docker.ssh(shown).strip().replace(" ", "") == "issuer=CN=ours"
