"""What goes wrong in the middle of a run: one clear sentence, nothing half-written, go on."""

from __future__ import annotations

import time

import pytest

from lab import Lab
from lab.machines import Machine
from lab.mirror import faults
from spec import Platform
from tests.lab.deploying import Run, converge, deploy

pytestmark = pytest.mark.usefixtures("converged")

DOCKER = "download.docker.com"
# A package that takes half a minute to configure: whoever installs it holds dpkg's lock.
SLEEPY = r"""
mkdir -p /tmp/sleepy/DEBIAN && cd /tmp/sleepy/DEBIAN &&
printf 'Package: sleepy\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: lock\n' \
  > control &&
printf '#!/bin/sh\nsleep 30\n' > postinst && chmod 755 postinst &&
dpkg-deb --build /tmp/sleepy /tmp/sleepy.deb >/dev/null
"""


def _failed(*arguments: str) -> Run:
    run = deploy("-y", *arguments)
    assert run.status != 0
    assert "Traceback" not in run.said, run.said
    return run


def test_a_lock_held_for_half_a_minute_is_waited_for(worker: Machine) -> None:
    worker.ssh(SLEEPY)
    worker.ssh(
        "sudo dpkg --purge unzip; sudo systemd-run --quiet --collect dpkg -i /tmp/sleepy.deb"
    )
    time.sleep(1)
    began = time.monotonic()
    assert "Common | Install base tools" in converge("--limit", "vm-worker")
    assert time.monotonic() - began > 15
    worker.ssh("sudo dpkg --purge sleepy; rm -rf /tmp/sleepy /tmp/sleepy.deb")


def test_a_host_that_fails_stops_every_host(docker: Machine, worker: Machine) -> None:
    docker.ssh("sudo sh -c 'ln -sf /dev/null /etc/systemd/system/systemd-resolved.service'")
    worker.ssh("sudo dpkg --purge unzip")
    docker.ssh("sudo systemctl stop systemd-resolved; sudo systemctl daemon-reload")
    try:
        output = _failed().said
        assert "[vm-docker]" in output
        assert "Wait at the docker_host gate" not in output
    finally:
        docker.ssh("sudo rm /etc/systemd/system/systemd-resolved.service")
        docker.ssh("sudo systemctl daemon-reload")
    converge()
    assert converge() == {}


@pytest.mark.usefixtures("docker_only")
def test_a_repository_that_answers_500_is_named_and_another_ones_signature_is_refused(
    lab: Lab, docker: Machine, platform: Platform
) -> None:
    docker.ssh("sudo dpkg --purge docker-buildx-plugin")  # so that the next run must fetch it
    with faults.answers_500(lab, DOCKER):
        output = _failed().said
    assert "500" in output
    assert f"{DOCKER}/linux/debian" in output

    docker.ssh("sudo sh -c 'rm -f /var/lib/apt/lists/*docker*'")
    with faults.bad_signature(lab, DOCKER):
        output = _failed().said
    assert (
        "NO_PUBKEY" in output
        or "not signed" in output
        or "BADSIG" in output
        or "Sub-process" in output
    )
    plugin = "/usr/libexec/docker/cli-plugins/docker-buildx"
    assert docker.ssh(f"test -e {plugin} || echo none") == "none\n"
    version = platform.docker_host.docker_version
    assert f"Docker host | Install Docker Engine {version}" in converge()
    assert docker.ssh(f"test -e {plugin} && echo there") == "there\n"


@pytest.mark.usefixtures("docker_only")
def test_a_key_that_is_another_one_is_refused(docker: Machine) -> None:
    docker.ssh("sudo rm /etc/apt/keyrings/docker.asc")
    output = _failed("--data", f"docker_key_sha256={'a' * 64}").said
    assert "has sha256" in output
    assert "expected aaaa" in output
    assert docker.ssh("ls /etc/apt/keyrings") == "gitlab-runner.asc\n"
    assert list(converge()) == ["Docker host | Trust Docker's signing key"]


@pytest.mark.usefixtures("docker_only")
def test_a_version_that_the_repository_does_not_have_is_named() -> None:
    output = _failed("--data", "docker_version=29.22.33").said
    assert "Version '5:29.22.33-*' for 'docker-ce' was not found" in output
    assert converge() != {}  # the pin goes back


@pytest.mark.usefixtures("docker_only")
def test_a_disk_that_fills_up_leaves_the_old_file(docker: Machine) -> None:
    docker.ssh(
        "sudo sh -ec 'cp -a /opt/edge/nginx/conf.d /root/; mount -t tmpfs -o size=4k tmpfs"
        " /opt/edge/nginx/conf.d; echo old > /opt/edge/nginx/conf.d/edge.conf'"
    )
    try:
        output = _failed().said
        assert "No space left on device" in output
        assert docker.ssh("ls -A /opt/edge/nginx/conf.d; cat /opt/edge/nginx/conf.d/*") == (
            "edge.conf\nold\n"
        )
    finally:
        docker.ssh("sudo umount /opt/edge/nginx/conf.d")
    assert list(converge()) in ([], ["Docker host | Route the edge"])
