"""From a token to the shop: the project is set up at GitLab, and pushes become what runs."""

from __future__ import annotations

import os
import re
import time

import gitlab
from gitlab.v4.objects import Project, ProjectPipeline

from lab import PROJECT as SHOP
from lab import Lab, keys
from lab.machines import Machine
from lab.mirror.gitlab import URL
from spec import Platform, Secrets
from spec.secrets import MADE
from tests.lab import shop
from tests.lab.cluster import until
from tests.lab.deploying import Run, await_shut, converge, deploy, gates, planned

JOBS = {"build_check": "success", "push_images": "success", "deploy": "success"}
CONFIG = "/etc/gitlab-runner/config.toml"
WITHIN = 600  # seconds for one pipeline


def push(docker: Machine, change: str) -> str:
    """A developer commits a change and pushes it; the commit's tag."""
    tag = shop.commit(docker, change)
    docker.ssh(f"git -C {shop.FOLDER} push -q origin main")
    return tag


def ended(project: Project, tag: str) -> ProjectPipeline:
    """The pipeline of a commit, when its jobs are done."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        for row in project.pipelines.list(ref="main", get_all=True):
            if row.sha.startswith(tag) and row.status in ("success", "failed"):
                found = project.pipelines.get(row.id)
                assert isinstance(found, ProjectPipeline)
                return found
        time.sleep(1)
    raise AssertionError(f"no pipeline of {tag} has ended")


def jobs(pipeline: ProjectPipeline) -> dict[str, str]:
    return {job.name: job.status for job in pipeline.jobs.list(get_all=True)}


def logs(project: Project, pipeline: ProjectPipeline) -> dict[str, str]:
    """What each job said, by its name."""
    traces = {
        job.name: project.jobs.get(job.id).trace() for job in pipeline.jobs.list(get_all=True)
    }
    return {name: bytes(text).decode() for name, text in traces.items()}


def test_one_run_leads_from_a_token_to_the_shop(
    first: Run, docker: Machine, project: Project
) -> None:
    assert first.status == 0, first.reason
    for job in JOBS:
        assert re.search(rf"\[vm-docker\] +{job}: success", first.said), first.said[-5000:]
    tag = shop.tag(docker)
    assert shop.runs() == shop.images(tag)
    assert shop.products(docker, "go") == shop.products(docker, "laravel") != []
    done = ended(project, tag)
    assert jobs(done) == JOBS
    took = {job.name: job.duration for job in done.jobs.list(get_all=True)}
    print(f"first pipeline: {took}")


def test_no_secret_is_in_what_a_run_and_its_jobs_said(
    first: Run, docker: Machine, project: Project, lab: Lab
) -> None:
    known = Secrets()
    assert known.runner_token is not None
    values = {name: getattr(known, name).get_secret_value() for name in MADE}
    values["runner_token"] = known.runner_token.get_secret_value()
    values["gitlab_token"] = keys.gitlab_token(lab)
    output = first.said + "".join(logs(project, ended(project, shop.tag(docker))).values())
    assert [name for name, value in values.items() if value in output] == []
    assert "HARBOR_PASSWORD" not in output or "[MASKED]" in output


def test_what_was_set_up_stays_as_it_is(lab: Lab, docker: Machine, project: Project) -> None:
    assert converge() == {}
    assert gates()["vm-docker", "the application answers at https://hit.local"]
    assert len(project.pipelines.list(get_all=True)) == 1
    assert docker.ssh(f"sudo grep -c -F '[[runners]]' {CONFIG}").strip() == "1"
    assert docker.ssh(f"sudo stat -c '%a %U' {CONFIG}").strip() == "600 root"
    assert lab.secrets.stat().st_mode & 0o777 == 0o600


def test_what_somebody_changed_or_took_away_at_gitlab_is_what_a_run_changes_back(
    api: gitlab.Gitlab, project: Project
) -> None:
    project.variables.update("MYSQL_PASSWORD", {"value": "somebodyElses99"})
    (row,) = project.runners.list(get_all=True, type="project_type")
    api.runners.update(row.id, {"run_untagged": True})
    (key,) = project.keys.list(get_all=True)
    key.delete()
    changed = {
        "Application | Let this machine's key push to the project",
        "Application | Make the project's runner, and register it",
        "Application | Set the variables of the project's pipelines",
    }
    await_shut(f"vm-docker: {SHOP} has a branch main, which admin can fetch")
    assert set(planned()) - {"Wait at the application gate"} == changed
    assert set(converge()) == changed
    assert planned() == {}


def _shows(docker: Machine, pushed: bool) -> None:
    """A pod that was replaced answers until every node knows of it."""
    page = f"curl -fsSk {shop.EDGE}/"
    until(lambda: ("Pushed shop" in docker.ssh(page)) == pushed, "the page is that of the push")


def test_a_push_replaces_what_runs_and_the_commit_before_comes_back_by_hand(
    docker: Machine, platform: Platform, project: Project
) -> None:
    old = shop.tag(docker)
    tag = push(docker, "sed -i 's/<title>.*</<title>Pushed shop</' frontend/index.html")
    done = ended(project, tag)
    assert done.status == "success", logs(project, done)
    assert shop.runs() == shop.images(tag)
    _shows(docker, pushed=True)
    assert planned() == {}, "the repository is its developers'"

    shop.prepare(docker, platform)
    shop.must(docker, f"rollback.sh {old}")
    _shows(docker, pushed=False)
    assert shop.runs() == shop.images(old)
    assert len(shop.products(docker, "laravel")) == len(shop.products(docker, "go")) > 0
    shop.must(docker, f"rollback.sh {tag}")
    _shows(docker, pushed=True)
    assert shop.runs() == shop.images(tag)


def test_a_push_that_breaks_something_leaves_what_runs_and_says_why(
    docker: Machine, project: Project
) -> None:
    before = shop.runs()
    tag = push(docker, "printf '\\nRUN exit 7\\n' >>go/Dockerfile")
    done = ended(project, tag)
    assert done.status == "failed"
    assert jobs(done)["build_check"] == "failed"
    assert jobs(done)["deploy"] == "skipped"
    assert "gate stayed shut: an image of go" in logs(project, done)["build_check"]
    assert shop.runs() == before
    docker.ssh(f"cd {shop.FOLDER} && git reset -q --hard HEAD^")


def test_a_branch_deploys_nothing(docker: Machine, project: Project) -> None:
    before = len(project.pipelines.list(get_all=True))
    docker.ssh(f"git -C {shop.FOLDER} push -q origin HEAD:refs/heads/draft")
    assert project.branches.get("draft").name == "draft"
    assert len(project.pipelines.list(get_all=True)) == before


def test_without_the_token_a_run_says_what_to_enter_by_hand() -> None:
    run = deploy("-y", "--data", f"gitlab_project={SHOP}", env={"GITLAB_TOKEN": ""})
    assert run.status == 0, run.reason
    assert "gitlab_token is not set" in run.said
    assert "MYSQL_PASSWORD: masked, database_password of secrets.env" in run.said
    known = Secrets()
    assert known.database_password.get_secret_value() not in run.said


def test_a_token_that_gitlab_refuses_is_one_sentence() -> None:
    stranger = "glpat-nobodyKnowsThisToken"
    run = deploy("-y", env={"GITLAB_TOKEN": stranger})
    assert run.status != 0
    assert f"GitLab at {URL} refuses gitlab_token" in run.said
    assert stranger not in run.said
    assert "Traceback" not in run.said
    assert os.environ["GITLAB_TOKEN"] != stranger
