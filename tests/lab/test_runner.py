"""The CI runner: it does jobs with Docker, stays registered once, and says what GitLab said.

That it takes jobs after a reboot: test_harbor.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import Lab
from lab.doubles.gitlab.store import Job, Store
from lab.machines import Machine
from lab.mirror import faults
from tests.lab.deploying import await_shut, converge, deploy, gates, status

pytestmark = pytest.mark.usefixtures("docker_only")

GITLAB = "http://192.168.56.2/gitlab.com"
STRANGER = "glrt-nobodyKnowsThisToken99"
REGISTER = "Docker host | Tell the runner which GitLab it works for"
CONFIG = "/etc/gitlab-runner/config.toml"
SECRET = "S3cretValue99"
VARIABLES = (
    {"key": "KUBECONFIG_PROD", "value": "apiVersion: v1\n", "public": False, "file": True},
    {"key": "HARBOR_PASSWORD", "value": SECRET, "public": False, "masked": True},
)


def log_of(job: Job) -> str:
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", job.log.decode())


def folder(docker: Machine) -> str:
    """What lies in the runner's folder, and what the configuration holds."""
    return docker.ssh(f"sudo ls -A /etc/gitlab-runner; sudo sha256sum {CONFIG}")


def test_a_job_runs_as_the_runner_uses_docker_and_hides_secrets(gitlab: Store) -> None:
    script = [
        "id -un",
        "docker run --rm busybox echo from a container",
        'cat "$KUBECONFIG_PROD"; stat -c "%U %a" "$KUBECONFIG_PROD"; stat -c %a ~',
        "echo it is $HARBOR_PASSWORD",
    ]
    job = gitlab.queue(script, VARIABLES)
    state, log = job.wait(90), log_of(job)
    assert state == "success", log
    lines = log.splitlines()
    assert "gitlab-runner" in lines
    assert "from a container" in lines
    assert "apiVersion: v1" in lines
    # What others could read in the file, they cannot reach: the runner's home is its own.
    assert any(re.fullmatch("gitlab-runner 6[46]4", line) for line in lines)
    assert "700" in lines
    assert "it is [MASKED]" in lines
    assert SECRET not in log
    assert job.result["output"]["bytesize"] == len(job.log)


def test_a_job_that_fails_is_said_to(gitlab: Store) -> None:
    job = gitlab.queue(["echo before", "exit 7", "echo after"])
    assert job.wait() == "failed"
    assert (job.result["failure_reason"], job.result["exit_code"]) == ("script_failure", 7)
    assert "after" not in log_of(job).splitlines()


def test_a_runner_that_joins_the_group_needs_no_restart(docker: Machine, gitlab: Store) -> None:
    docker.ssh("sudo gpasswd --delete gitlab-runner docker")
    refused = gitlab.queue(["docker ps"])
    assert refused.wait() == "failed"
    assert "permission denied" in log_of(refused)
    before = docker.ssh("systemctl show --property=MainPID gitlab-runner")
    assert "Docker host | Let the runner use Docker" in converge()
    assert docker.ssh("systemctl show --property=MainPID gitlab-runner") == before
    assert gitlab.queue(["docker ps"]).wait() == "success"


@contextmanager
def _quiet(lab: Lab) -> Iterator[None]:
    yield


FAULTS = {
    "refused": (_quiet, f"GitLab at {GITLAB} refuses runner_token: was the runner deleted?"),
    "unreachable": (
        lambda lab: faults.silent(lab, "front"),
        f"GitLab at {GITLAB} does not answer: couldn't execute POST against",
    ),
    "500": (
        lambda lab: faults.answers_500(lab, "gitlab.com"),
        f"GitLab at {GITLAB} cannot say whether runner_token is good: 500 Internal Server Error",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_that_gitlab_does_not_confirm_is_one_sentence_and_changes_nothing(
    lab: Lab, docker: Machine, fault: str
) -> None:
    broken, sentence = FAULTS[fault]
    before = folder(docker)
    with broken(lab):
        run = deploy("-y", env={"RUNNER_TOKEN": STRANGER})
    assert run.status != 0
    output = [line for line in run.said.splitlines() if "GitLab at" in line]
    assert len(output) == 1, run.said[-3000:]
    assert sentence in output[0]
    assert STRANGER not in run.said
    assert "Traceback" not in run.said
    assert folder(docker) == before
    await_shut()


def test_without_a_token_a_run_and_the_status_say_what_is_left_to_do(
    docker: Machine, gitlab: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = f"no runner is registered: make one in {GITLAB} with the tag deploy"
    with monkeypatch.context() as without:
        without.setenv("RUNNER_TOKEN", "")
        assert list(converge()) == [REGISTER]
        assert docker.ssh(f"sudo grep -c runners {CONFIG} || :").strip() == "0"
        assert docker.ssh("systemctl is-enabled gitlab-runner; systemctl is-active gitlab-runner")
        run = deploy("-y", "--json")
        assert run.changes == {}
        assert left in run.said
        shown = status()
        assert shown.returncode == 0, shown.stdout
        assert f"to do: {left}" in " ".join(shown.stdout.split())
        assert not any("registered" in gate for _, gate in gates())
    assert list(converge()) == [REGISTER]
    assert gitlab.queue(["true"]).wait() == "success"


def test_a_rerun_makes_no_second_runner(docker: Machine, gitlab: Store) -> None:
    assert converge() == {}
    assert docker.ssh(f"sudo grep -c -F '[[runners]]' {CONFIG}").strip() == "1"
    assert len(gitlab.runners()) == 1


def test_a_runner_that_was_deleted_in_gitlab_shuts_its_gate(gitlab: Store) -> None:
    (token,) = gitlab.runners()
    gitlab.remove_runner(token)
    try:
        await_shut(f"vm-docker: the runner is registered at {GITLAB}")
    finally:
        gitlab.add_runner(token)
    await_shut()
