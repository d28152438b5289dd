"""The lab's GitLab: a push becomes jobs, which the runner of vm-docker takes, clones and does."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import gitlab as client
import pytest
from gitlab.v4.objects import Project, ProjectPipeline

from lab import Lab, keys
from lab.doubles.gitlab.store import Store
from lab.machines import Machine
from lab.mirror.gitlab import URL

pytestmark = pytest.mark.usefixtures("docker_only")

KEY = "~/.ssh/gitlab_ed25519"
FOLDER = "/tmp/tiny"
WITHIN = 90
SECRET = "S3cretValue99"
NOT_FOUND = "ERROR: The project you were looking for could not be found"
READ_ONLY = "ERROR: This deploy key does not have write access to this project."
REWRITTEN = "GitLab: You are not allowed to force push code to a protected branch on this project."
PIPELINE = """
workflow:
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
stages: [build, deploy]
default:
  tags: [deploy]
variables:
  TAG: $CI_COMMIT_SHORT_SHA
look:
  stage: build
  timeout: 2 minutes
  script:
    - echo "tag $TAG of $CI_COMMIT_BRANCH, in $CI_PROJECT_PATH"
    - echo "password $PASSWORD"
    - echo "file $(stat -c %a "$FILE") $(cat "$FILE")"
    - git log --format='commit %h %s'
  after_script: [echo afterwards]
bring:
  stage: deploy
  script: ./bring.sh
by_hand:
  stage: deploy
  when: manual
  script: echo by hand
"""


@pytest.fixture(scope="module")
def api(lab: Lab) -> client.Gitlab:
    """The user's client."""
    return client.Gitlab(URL, private_token=keys.gitlab_token(lab))


@pytest.fixture
def tiny(api: client.Gitlab, docker: Machine) -> Iterator[Project]:
    """A project with two variables, and a repository for it on vm-docker; gone afterwards."""
    space = api.namespaces.get("threebody")
    made = api.projects.create({"name": "tiny", "namespace_id": space.id})
    assert isinstance(made, Project)
    made.variables.create({"key": "PASSWORD", "value": SECRET, "masked": True, "protected": True})
    made.variables.create({"key": "FILE", "value": "content", "variable_type": "file"})
    docker.ssh(
        f"rm -rf {FOLDER} && git init -q -b main {FOLDER} && cd {FOLDER} &&"
        " git config user.name dev && git config user.email dev@example.org &&"
        " git remote add origin gitlab-443:threebody/tiny.git &&"
        f" cat > .gitlab-ci.yml <<'EOF'\n{PIPELINE}\nEOF\n"
        "printf '#!/bin/sh\\necho brought\\n' > bring.sh && chmod +x bring.sh"
    )
    yield made
    docker.ssh(f"rm -rf {FOLDER}")
    made.delete()


@pytest.fixture
def key(tiny: Project, docker: Machine) -> Any:
    """The deploy key of vm-docker, which may push."""
    public = docker.ssh(f"cat {KEY}.pub")
    return tiny.keys.create({"title": "vm-docker", "key": public, "can_push": True})


def push(docker: Machine, change: str = ":", extra: str = "origin HEAD") -> str:
    """Commit a change and push; what git said."""
    return docker.ssh(
        f"cd {FOLDER} && {change} && git add -A && git commit -q --allow-empty -m change &&"
        f" git push {extra} 2>&1; echo status $?",
        check=False,
    )


def pipeline(project: Project) -> ProjectPipeline:
    """The newest one, when it has ended."""
    deadline = time.monotonic() + WITHIN
    while True:
        newest = project.pipelines.list(get_all=False)[0]
        if newest.status not in ("pending", "running") or time.monotonic() > deadline:
            found = project.pipelines.get(newest.id)
            assert isinstance(found, ProjectPipeline)
            return found
        time.sleep(0.5)


def states(subject: ProjectPipeline) -> dict[str, str]:
    return {job.name: job.status for job in subject.jobs.list(get_all=True)}


def log(project: Project, subject: ProjectPipeline, name: str) -> list[str]:
    (job,) = (job for job in subject.jobs.list(get_all=True) if job.name == name)
    text = project.jobs.get(job.id, lazy=True).trace()
    assert isinstance(text, bytes)
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", text.decode()).splitlines()


@pytest.mark.usefixtures("key")
def test_a_push_becomes_jobs_that_the_runner_clones_and_does(
    docker: Machine, tiny: Project
) -> None:
    assert "status 0" in push(docker)
    sha = docker.ssh(f"git -C {FOLDER} rev-parse HEAD").strip()
    done = pipeline(tiny)
    output = log(tiny, done, "look")
    assert (done.status, done.sha, done.ref) == ("success", sha, "main"), output
    assert states(done) == {"look": "success", "bring": "success", "by_hand": "manual"}
    assert f"tag {sha[:8]} of main, in threebody/tiny" in output
    assert "password [MASKED]" in output
    assert not any(SECRET in line for line in output)
    assert any(re.fullmatch("file 6[46]4 content", line) for line in output)
    assert f"commit {sha[:7]} change" in output
    assert "afterwards" in output
    assert "brought" in log(tiny, done, "bring")
    assert tiny.branches.get("main").commit["id"] == sha
    assert docker.ssh(f"git -C {FOLDER} ls-remote origin main").split()[0] == sha


@pytest.mark.usefixtures("key")
def test_a_manual_job_waits_for_somebody(docker: Machine, tiny: Project) -> None:
    push(docker)
    done = pipeline(tiny)
    (waiting,) = (job for job in done.jobs.list(get_all=True) if job.status == "manual")
    tiny.jobs.get(waiting.id, lazy=True).play()
    assert states(pipeline(tiny))["by_hand"] == "success"
    with pytest.raises(client.GitlabJobPlayError, match="400 Bad request - Unplayable Job"):
        tiny.jobs.get(waiting.id, lazy=True).play()


@pytest.mark.usefixtures("key")
def test_a_job_that_fails_fails_its_pipeline_and_stops_it(docker: Machine, tiny: Project) -> None:
    push(
        docker, "sed -i 's/afterwards/&; exit 1/; s/^    - git log.*/    - exit 3/' .gitlab-ci.yml"
    )
    done = pipeline(tiny)
    assert done.status == "failed"
    assert states(done) == {"look": "failed", "bring": "skipped", "by_hand": "skipped"}
    (failed,) = (job for job in done.jobs.list(get_all=True) if job.name == "look")
    assert failed.failure_reason == "script_failure"


@pytest.mark.usefixtures("key")
def test_a_branch_that_workflow_rules_leave_out_makes_no_pipeline(
    docker: Machine, tiny: Project
) -> None:
    assert "status 0" in push(docker, extra="origin HEAD:refs/heads/another")
    assert tiny.pipelines.list(get_all=True) == []
    assert [branch.name for branch in tiny.branches.list(get_all=True)] == ["another"]


@pytest.mark.usefixtures("key")
def test_a_file_that_gitlab_does_not_understand_is_a_failed_pipeline(
    docker: Machine, tiny: Project
) -> None:
    push(docker, "sed -i 's/stage: build/stage: nowhere/' .gitlab-ci.yml")
    done = pipeline(tiny)
    assert (done.status, done.yaml_errors) == ("failed", "stage:nowhere not found for look")
    assert states(done) == {}


@pytest.mark.usefixtures("key")
def test_only_a_branch_that_is_protected_gets_protected_variables(
    docker: Machine, tiny: Project
) -> None:
    push(docker, 'sed -i \'s/== "main"/!= "nothing"/\' .gitlab-ci.yml', "origin HEAD:other")
    done = pipeline(tiny)
    assert (done.status, done.ref) == ("success", "other")
    assert "password " in log(tiny, done, "look")


@pytest.mark.usefixtures("key")
def test_a_protected_branch_is_not_rewritten(docker: Machine, tiny: Project) -> None:
    push(docker)
    output = push(docker, "git commit -q --amend -m another", "--force origin HEAD")
    assert REWRITTEN in output
    assert "status 1" in output
    assert "status 0" in push(docker, "git reset -q --hard origin/main")


def test_a_key_opens_its_own_project_only_and_pushes_only_if_it_may(
    docker: Machine, api: client.Gitlab, tiny: Project, key: Any
) -> None:
    push(docker)
    assert NOT_FOUND in push(docker, extra="gitlab-443:threebody/nothing.git HEAD")
    other = api.projects.create({"name": "other"})
    assert NOT_FOUND in push(docker, extra="gitlab-443:lab/other.git HEAD")
    other.delete()
    key.can_push = False
    key.save()
    assert READ_ONLY in push(docker)
    assert docker.ssh(f"git -C {FOLDER} ls-remote origin main").strip()
    assert docker.ssh("ssh -T gitlab-443") == "Welcome to GitLab, @lab!\n"
    key.delete()
    output = push(docker)
    # It may be a key of another project, too.
    assert NOT_FOUND in output or "Permission denied (publickey" in output


@pytest.mark.usefixtures("key")
def test_a_job_without_a_runner_for_its_tags_waits(
    docker: Machine, tiny: Project, gitlab: Store
) -> None:
    push(docker, "sed -i 's/tags: .deploy./tags: [elsewhere]/' .gitlab-ci.yml")
    assert gitlab.queue(["true"]).wait() == "success"
    (waiting,) = tiny.pipelines.list(get_all=True)
    assert waiting.status == "pending"


def test_what_gitlab_asks_itself_no_machine_may_ask(docker: Machine) -> None:
    for path in ("internal/allowed", "%69nternal/allowed", "/internal//post_receive"):
        asked = f"curl -s -o /dev/null -w '%{{http_code}}' -X POST -d '{{}}' {URL}/api/v4/{path}"
        assert docker.ssh(asked) == "404"
