"""The firewall, from outside: what nobody declared stays closed, and the operator gets in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import MIRROR, Lab
from lab.machines import Machine
from tests.lab.deploying import converge, limited_to, planned
from tests.lab.doors import ELSEWHERE, from_elsewhere

pytestmark = pytest.mark.usefixtures("converged")


def _answers(machine: Machine, address: str, port: int) -> bool:
    knock = f"timeout 6 bash -c 'exec 3<>/dev/tcp/{address}/{port}' && echo open"
    return "open" in machine.ssh(knock, check=False)


@pytest.fixture
def published(docker: Machine) -> Iterator[int]:
    """A container of somebody's that publishes a port nobody declared."""
    docker.ssh(
        "sudo docker run --detach --rm --name stray --publish 9999:9999 busybox:1.36"
        " httpd -f -p 9999"
    )
    yield 9999
    docker.ssh("sudo docker rm --force stray")


def test_a_port_that_docker_publishes_is_closed_unless_declared(
    docker: Machine, worker: Machine, published: int
) -> None:
    assert _answers(docker, "127.0.0.1", published)
    assert not _answers(worker, docker.address, published)
    assert _answers(worker, docker.address, 443)


def test_it_stays_closed_through_a_restart_of_docker(
    docker: Machine, worker: Machine, published: int
) -> None:
    docker.ssh("sudo systemctl reset-failed docker; sudo systemctl restart docker")
    assert _answers(docker, "127.0.0.1", published)
    assert not _answers(worker, docker.address, published)


def test_containers_reach_out(docker: Machine) -> None:
    fetch = f"sudo docker run --rm busybox:1.36 wget -q -O - http://{MIRROR}/debian/dists/trixie/Release"
    assert "Codename: trixie" in docker.ssh(fetch)


def test_an_operator_from_elsewhere_is_not_locked_out(lab: Lab, docker: Machine) -> None:
    rule = f"ufw allow from {ELSEWHERE} to any port 22 proto tcp"
    with limited_to(docker.name):
        try:
            # UFW is off, as on a new machine: the run that turns it on comes from elsewhere.
            docker.ssh("sudo ufw disable")
            with from_elsewhere(lab, docker):
                converge()
                assert rule in docker.ssh("sudo ufw show added")
                assert planned() == {}
        finally:
            converge()
    assert rule not in docker.ssh("sudo ufw show added")
