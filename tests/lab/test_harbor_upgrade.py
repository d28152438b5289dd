"""Harbor's installer: killed, upgraded, undone; what is in it stays."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from tests.lab import registry
from tests.lab.deploying import PYINFRA, await_shut, converge, deploy, kill_after, newer_harbor

pytestmark = pytest.mark.usefixtures("docker_only")

FORGET = "sudo sh -c 'cd /opt/harbor && docker compose down && rm -rf /opt/harbor /data/harbor'"


@pytest.fixture(scope="module")
def image(docker: Machine) -> str:
    """The digest of an image that was pushed before everything here."""
    return registry.push(docker, "kept:1")


def test_an_upgrade_keeps_everything_and_can_be_undone(docker: Machine, image: str) -> None:
    run = deploy("-y", *newer_harbor())
    assert run.status == 0, run.reason
    assert "v2.14.2" in docker.ssh("sudo docker inspect --format '{{.Config.Image}}' harbor-core")
    registry.all_is_there(docker, image)
    assert deploy("--dry", "--json", *newer_harbor()).plan == {}

    older = deploy("-y")
    assert older.status != 0
    assert "Harbor 2.14.2 is installed, and harbor_version is the older 2.14.1" in older.said
    assert "make harbor-back" in older.said
    assert registry.health(docker)

    registry.as_admin(docker, "POST", "/projects", '{"project_name": "after"}')
    assert '"name":"after"' in registry.as_admin(docker, "GET", "/projects/after")
    assert _back() == 0
    assert "v2.14.1" in docker.ssh("sudo docker inspect --format '{{.Config.Image}}' harbor-core")
    registry.all_is_there(docker, image)
    assert docker.ssh("sudo sh -c 'ls -d /opt/harbor-v* /data/harbor-v* 2>/dev/null' || :") == ""
    assert "project after not found" in registry.as_admin(docker, "GET", "/projects/after")
    converge()
    assert _back() != 0, "there is nothing left to go back to"


def _back() -> int:
    return subprocess.call(
        [PYINFRA, "inventory.py", "operate/harbor_back.py", "-y", "--group-data", "lab/group_data"],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.soak(reason="three installations of Harbor")
def test_an_upgrade_that_is_killed_is_finished_or_undone(
    docker: Machine, image: str, rounds: int
) -> None:
    chance = random.Random(42)
    for _ in range(max(1, rounds // 2)):  # two installations each
        kill_after(chance.uniform(4, 22), *newer_harbor())
        run = deploy("-y", *newer_harbor())
        assert run.status == 0, run.reason
        registry.all_is_there(docker, image)
        assert _back() == 0
        converge()
        registry.all_is_there(docker, image)
    assert converge() == {}


@pytest.mark.soak(reason="two installations of Harbor")
def test_a_configuration_of_an_older_format_is_migrated_by_the_bundle(docker: Machine) -> None:
    docker.ssh("sudo sed -i 's/^_version: .*/_version: 2.13.0/' /etc/harbor/harbor.yml")
    docker.ssh("sudo harbor-install 2.14.1 /data/harbor http://harbor.local:8080 older none")
    assert "_version: 2.14.0" in docker.ssh("sudo grep _version /opt/harbor/harbor.yml")
    registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
    assert set(converge()) >= {
        "Docker host | Describe Harbor",
        "Docker host | Install Harbor 2.14.1",
    }
    assert converge() == {}


@pytest.fixture
def forgotten(docker: Machine) -> Iterator[None]:
    """No Harbor on the machine, and its data gone; a whole one again in the end."""
    docker.ssh(FORGET)
    yield
    converge()


@pytest.mark.soak(reason="a first run is killed in every run")
def test_an_installation_that_is_killed_is_finished_by_the_next(
    docker: Machine, forgotten: None, rounds: int
) -> None:
    chance = random.Random(7)
    for number in range(rounds):
        kill_after(chance.uniform(3, 25))
        if number % 2 == 0:
            docker.cut()
            docker.power_on()
    converge()
    await_shut()
    assert converge() == {}
