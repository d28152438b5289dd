"""The way to GitLab's SSH: a key that stays, a host key that is pinned, a welcome."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab
from lab.doubles.gitlab.store import Store
from lab.machines import Machine
from lab.mirror import faults
from tests.lab.deploying import await_shut, converge, deploy, gates

pytestmark = pytest.mark.usefixtures("docker_only")

GATE = "GitLab answers on SSH at altssh.gitlab.com:443"
KEY = "~/.ssh/gitlab_ed25519"
GREET = "ssh -T -o BatchMode=yes gitlab-443 2>&1 || :"
# Somebody else's: the right kind, another key.
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf"


@pytest.fixture
def known_to_gitlab(docker: Machine, gitlab: Store) -> Iterator[None]:
    """Somebody has put the machine's public key into GitLab."""
    keys = gitlab.path / "authorized_keys"
    before = keys.read_text()
    keys.write_text(before + docker.ssh(f"cat {KEY}.pub"))
    yield
    keys.write_text(before)


def test_a_key_that_gitlab_does_not_know_has_reached_it_all_the_same(docker: Machine) -> None:
    assert "Permission denied (publickey" in docker.ssh(GREET)
    assert gates()["vm-docker", GATE]


@pytest.mark.usefixtures("known_to_gitlab")
def test_a_key_that_gitlab_knows_is_welcome(docker: Machine) -> None:
    assert docker.ssh(GREET) == "Welcome to GitLab, @lab!\n"
    assert gates()["vm-docker", GATE]


def test_the_key_is_made_once(docker: Machine) -> None:
    before = docker.ssh(f"cat {KEY} {KEY}.pub | sha256sum")
    docker.ssh(f"rm {KEY}.pub")
    assert list(converge()) == ["Docker host | Make a key for GitLab"]
    assert docker.ssh(f"cat {KEY} {KEY}.pub | sha256sum") == before
    assert docker.ssh(f"stat -c '%a %U' {KEY} {KEY}.pub").split() == [
        "600",
        "admin",
        "644",
        "admin",
    ]


def test_a_host_key_that_is_not_the_pinned_one_stops_the_run(
    docker: Machine, tmp_path: Path
) -> None:
    (tmp_path / "docker_host.py").write_text(f"gitlab_host_keys = [{OTHER!r}]\n")
    run = deploy("-y", "--group-data", str(tmp_path))
    assert run.status != 0
    assert f"[vm-docker] gate stayed shut: {GATE}" in run.said
    assert "Host key verification failed" in run.said
    assert "gitlab_host_keys" in run.said
    assert list(converge()) == ["Docker host | Name GitLab's SSH, and pin its host keys"]
    await_shut()


def test_a_gitlab_that_nobody_reaches_shuts_the_gate(lab: Lab) -> None:
    with faults.silent(lab, "altssh"):
        await_shut(f"vm-docker: {GATE}")
    await_shut()
