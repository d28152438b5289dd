"""Images on vm-docker, and the registry as its clients see it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lab.machines import Machine

REGISTRY = "harbor.local:8080"
PROJECT = f"{REGISTRY}/threebody"
URL = f"http://{REGISTRY}"
RUN_HARBOR = "Docker host | Run Harbor until every component is healthy"
HEALTHY_WITHIN = 120  # seconds after a reboot or a restart of Docker
UNHEALTHY = '"status":"unhealthy"'


def health(docker: Machine) -> str:
    """What Harbor says of itself; "" when it says nothing."""
    return docker.ssh(f"curl -s --max-time 30 {URL}/api/v2.0/health", check=False)


def wait_until_well(docker: Machine, within: float) -> float:
    """Seconds until every component is healthy; fails after `within`."""
    began = time.monotonic()
    while not (output := health(docker)) or UNHEALTHY in output or '"healthy"' not in output:
        assert time.monotonic() - began < within, output or "no answer"
        time.sleep(0.5)
    return time.monotonic() - began


@contextmanager
def logged_in(docker: Machine, robot: str, registry: str = REGISTRY) -> Iterator[str]:
    """The words of a `docker` that is logged in as a robot, in a configuration of its own."""
    folder = docker.ssh("sudo mktemp -d").strip()
    docker.ssh(
        f"sudo sed 's/^user = \"[^:]*://; s/\"$//' /etc/harbor/{robot}.curl |"
        f" sudo docker --config {folder} login {registry} --password-stdin"
        f" --username 'robot$threebody+{robot}'"
    )
    yield f"sudo docker --config {folder}"
    docker.ssh(f"sudo rm -r {folder}", check=False)  # a reboot has taken it already


def push(docker: Machine, tag: str, *, megabytes: int = 0, registry: str = REGISTRY) -> str:
    """Push an image of random bytes (or busybox) as `tag` of the project; returns its digest."""
    image = f"{registry}/threebody/{tag}"
    if megabytes:
        make = f"head -c {megabytes}M /dev/urandom >/tmp/blob && tar -C /tmp -c blob"
        docker.ssh(f"{make} | sudo docker import - {image} && rm /tmp/blob")
    else:
        docker.ssh(f"sudo docker pull -q busybox:1.36 && sudo docker tag busybox:1.36 {image}")
    with logged_in(docker, "push", registry) as client:
        output = docker.ssh(f"{client} push {image}")
    return output.rpartition("digest: ")[2].split()[0]


def pull(docker: Machine, image: str, registry: str = REGISTRY) -> str:
    """Pull an image of the project anew; what Docker said. Raises CommandFailed when refused."""
    name = f"{registry}/threebody/{image}"
    docker.ssh(f"sudo docker image rm --force {name}", check=False)
    with logged_in(docker, "pull", registry) as client:
        return docker.ssh(f"{client} pull {name}")


def as_admin(docker: Machine, method: str, path: str, body: str = "") -> str:
    """One request to Harbor's API as administrator, on vm-docker; its answer."""
    data = f"-H 'Content-Type: application/json' -d {shlex.quote(body)}" if body else ""
    return docker.ssh(
        f"sudo curl -sS --config /etc/harbor/admin.curl -X {method} {data} '{URL}/api/v2.0{path}'"
    )


def all_is_there(docker: Machine, image: str, registry: str = REGISTRY) -> None:
    """An image by its digest, and both robots with their secrets."""
    if registry == REGISTRY:
        wait_until_well(docker, HEALTHY_WITHIN)
    assert image in pull(docker, f"kept@{image}", registry)
    assert push(docker, "kept:2", registry=registry)
