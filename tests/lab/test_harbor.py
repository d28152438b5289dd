"""Harbor through restarts, power cuts and changed settings: what is in it stays."""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from lab.machines import Machine
from tests.lab import registry
from tests.lab.deploying import converge, deploy, planned

pytestmark = pytest.mark.usefixtures("docker_only")


@pytest.fixture(scope="module")
def image(docker: Machine) -> str:
    """The digest of an image that was pushed before everything here."""
    return registry.push(docker, "kept:1")


def test_it_is_healthy_after_every_reboot(docker: Machine, image: str, rounds: int) -> None:
    for _ in range(rounds):
        began = time.monotonic()
        docker.reboot()
        registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
        print(f"reboot: Harbor healthy {time.monotonic() - began:.0f} s after it began")
        assert time.monotonic() - began < registry.HEALTHY_WITHIN
    registry.all_is_there(docker, image)
    assert planned() == {}


def test_it_is_healthy_after_every_restart_of_docker(
    docker: Machine, image: str, rounds: int
) -> None:
    for _ in range(rounds):
        began = time.monotonic()
        docker.ssh("sudo systemctl reset-failed docker; sudo systemctl restart docker")
        registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
        print(f"restart of Docker: Harbor healthy {time.monotonic() - began:.0f} s after it began")
    registry.all_is_there(docker, image)
    assert planned() == {}


def test_docker_takes_it_down_and_brings_it_up_again(docker: Machine, image: str) -> None:
    docker.ssh("sudo systemctl stop docker.socket docker")
    assert registry.health(docker) == ""
    docker.ssh("sudo systemctl reset-failed docker; sudo systemctl start docker")
    registry.all_is_there(docker, image)
    assert planned() == {}


def test_a_power_cut_during_a_push_costs_that_push_only(
    docker: Machine, image: str, rounds: int
) -> None:
    chance = random.Random(20261125)
    for number in range(rounds):
        tag = f"{registry.PROJECT}/broken:{number}"
        docker.ssh(
            f"cd $(mktemp -d) && head -c 300M /dev/urandom > blob && tar -c blob |"
            f" sudo docker import - {tag} && rm blob"
        )
        with registry.logged_in(docker, "push") as client:
            pushing = subprocess.Popen(docker.ssh_command(f"{client} push {tag}"))
            time.sleep(chance.uniform(0.5, 4))
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


def test_a_changed_setting_is_applied_and_nothing_is_lost(docker: Machine, image: str) -> None:
    elsewhere = ("--data", "harbor_url=http://harbor.local:8181")
    run = deploy("-y", *elsewhere)
    assert run.status == 0, run.said[-3000:]
    assert deploy("--dry", "--json", *elsewhere).plan == {}
    converge()
    registry.all_is_there(docker, image)
    assert converge() == {}


def test_https_needs_no_insecure_registry(docker: Machine, worker: Machine, image: str) -> None:
    name = "harbor.local:8443"
    tls = ("--data", f"harbor_url=https://{name}")
    run = deploy("-y", *tls)
    try:
        assert run.status == 0, run.said[-3000:]
        assert deploy("--dry", "--json", *tls).plan == {}
        daemon = json.loads(docker.ssh("cat /etc/docker/daemon.json"))
        assert not any("harbor" in name for name in daemon["insecure-registries"])
        assert registry.push(docker, "kept:3", registry=name) == image
        trusted = docker.ssh(f"cat /etc/docker/certs.d/{name}/ca.crt")
        ask = "curl -s -o /dev/null -w '%{http_code}' --cacert"
        told = f"cat > /tmp/ca <<'EOF'\n{trusted}\nEOF\n{ask} /tmp/ca https://{name}/v2/"
        assert worker.ssh(told) == "401"
        assert worker.ssh(f"{ask} /etc/hostname https://{name}/v2/ || :", check=False) == "000"
    finally:
        converge()
    registry.all_is_there(docker, image)
    assert converge() == {}


def test_an_own_certificate_is_served_by_the_registry(docker: Machine, tmp_path: Path) -> None:
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
    run = deploy(
        *("-y", "--data", "harbor_url=https://harbor.local:8443"),
        *("--data", f"harbor_certificate={own['crt']}", "--data", f"harbor_ca={own['ca.crt']}"),
        *("--data", f"harbor_certificate_key={own['key']}"),
    )
    try:
        assert run.status == 0, run.said[-3000:]
        assert registry.push(docker, "kept:4", registry="harbor.local:8443")
        shown = "echo | openssl s_client -connect harbor.local:8443 2>/dev/null | grep issuer"
        assert docker.ssh(shown).strip().replace(" ", "") == "issuer=CN=ours"
    finally:
        converge()


def test_a_changed_database_password_reaches_the_database(docker: Machine) -> None:
    other = {"HARBOR_DATABASE_PASSWORD": "Another0Password1"}
    image = registry.push(docker, "kept:5")
    converge(env=other)
    assert image in registry.pull(docker, f"kept@{image}")
    converge()
    registry.all_is_there(docker, registry.push(docker, "kept:1"))
