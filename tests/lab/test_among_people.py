"""Two runs on one platform, other secrets than its own, and a machine that is off."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from spec.secrets import strong
from tests.lab.deploying import PYINFRA, SETTINGS, await_shut, deploy, gates, planned

pytestmark = pytest.mark.usefixtures("converged")

LOCK = "/run/threebody.lock"
SUMS = "sudo sh -c 'sha256sum /etc/harbor/*.* /opt/harbor/harbor.yml'"
FREE = f"sudo flock --nonblock {LOCK} true && echo free || echo held"


@contextmanager
def somebody_reads_the_plan(docker: Machine) -> Iterator[subprocess.Popen[str]]:
    """A run that waits for a person to press enter, for as long as that takes."""
    words = [PYINFRA, "inventory.py", "deploy.py", *SETTINGS]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=CHECKOUT, stdin=pipe, stderr=pipe, text=True) as run:
        assert run.stderr
        for line in run.stderr:
            if "Detected changes" in line:
                break
        assert docker.ssh(FREE).strip() == "held"
        yield run
        run.kill()


def test_a_second_run_is_told_who_runs_and_disturbs_nobody(
    docker: Machine, worker: Machine
) -> None:
    with somebody_reads_the_plan(docker) as first:
        second = deploy("-y")
        assert second.status != 0
        assert "nothing was touched" in second.said
        who = f"another run is under way, by {os.environ.get('USER', 'root')} on "
        assert f"vm-docker, vm-k8s, vm-worker: {who}" in second.said
        assert deploy("-y", "--limit", "vm-worker").status != 0
        assert planned() == {}
        await_shut()
        assert first.poll() is None
        assert docker.ssh(FREE).strip() == "held"
        first.send_signal(signal.SIGKILL)
        first.wait()
        began = time.monotonic()
        assert deploy("-y", "--limit", "vm-worker").status == 0
        assert time.monotonic() - began < 60
    assert worker.ssh(FREE).strip() == "free"
    assert docker.ssh(f"sudo stat -c '%a %U' {LOCK}").strip() == "600 root"


@pytest.mark.soak(reason="a minute and a half of waiting")
def test_a_computer_that_was_switched_off_lets_go_within_two_minutes(docker: Machine) -> None:
    with somebody_reads_the_plan(docker) as run:
        told = subprocess.check_output(["ss", "-Htnp", f"dst {docker.address}:22"], text=True)
        (port,) = [
            line.split()[3].rpartition(":")[2]
            for line in told.splitlines()
            if f"pid={run.pid}," in line
        ]
        cut = f"-p tcp --sport {port} -j DROP"
        docker.ssh(f"sudo iptables -I INPUT {cut}")
        try:
            run.kill()
            began = time.monotonic()
            assert docker.ssh(FREE).strip() == "held"
            while docker.ssh(FREE).strip() == "held":
                assert time.monotonic() - began < 120
                time.sleep(2)
        finally:
            docker.ssh(f"sudo iptables -D INPUT {cut}")


def test_other_secrets_are_named_before_anything_is_written(docker: Machine) -> None:
    before = docker.ssh(SUMS)
    others = {"HARBOR_ADMIN_PASSWORD": strong(), "HARBOR_DATABASE_PASSWORD": strong()}
    others |= {"KUBERNETES_ENCRYPTION_KEY": strong(), "HARBOR_PUSH_SECRET": strong()}
    run = deploy("-y", env=others)
    assert run.status != 0
    assert "harbor_admin_password: is not what vm-docker has: bring secrets.env" in run.said
    assert "kubernetes_encryption_key: is not what vm-k8s has: bring secrets.env" in run.said
    assert not any(secret in run.said for secret in others.values())
    assert docker.ssh(SUMS) == before
    assert planned() == {}


def test_a_machine_that_is_off_is_a_row_of_the_table(worker: Machine) -> None:
    worker.power_off()
    try:
        found = gates()
        assert found["vm-worker", "it can be asked"] is False
        assert {host for host, _ in found} == {"vm-docker", "vm-k8s", "vm-worker"}
        assert all(is_open for (host, _), is_open in found.items() if host == "vm-docker")
    finally:
        worker.power_on()
