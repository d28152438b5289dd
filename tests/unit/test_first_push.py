"""The first push: made once, its pipeline followed to the end, and a failure told with its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace

import pytest
import requests
from pydantic import SecretStr
from pyinfra.api.command import FunctionCommand, StringCommand

from facts.gitlab import Access
from operations import pipeline as subject
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, commands
from tests.unit.gitlab_pushed import Follow, Followed, Pushed
from tests.unit.gitlab_served import TOKEN

WHAT = {"folder": "/srv/the shop", "owner": "admin"}
BUILD, DEPLOY = {"name": "build", "stage": "build"}, {"name": "deploy", "stage": "deploy"}
BY_HAND = {"name": "watch", "stage": "watch", "when": "manual", "allow_failure": True}


@pytest.fixture
def host(on_host: OnHost) -> StubHost:
    return on_host()


@pytest.fixture
def access(hosted: Pushed) -> Access:
    return Access(hosted.url, "threebody/shop", SecretStr(TOKEN))


@pytest.fixture
def follow(
    access: Access,
    host: StubHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Follow:
    """What comes after the push, by a clock of its own: others on this machine wait, too."""

    def by(clock: SimpleNamespace) -> Followed:
        monkeypatch.setattr(subject, "time", clock)
        *_, following = commands(subject.start, access=access, **WHAT)
        assert isinstance(following, FunctionCommand)
        with caplog.at_level(logging.INFO):
            well = bool(following.function(None, host))
        return Followed(well, caplog.messages)

    return by


def telling(story: Iterator[None]) -> SimpleNamespace:
    """A clock: the story goes on by a step whenever somebody waits, and nobody outwaits it."""
    return SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: next(story))


def pushed_by_now(hosted: Pushed, *jobs: Mapping[str, object]) -> Iterator[None]:
    """The push has arrived; then each job is taken and succeeds."""
    hosted.push(*(dict(job) for job in jobs))
    yield
    while (told := hosted.take()) is not None:
        yield
        hosted.end(told)
        yield


def test_main_is_pushed_by_the_owner_of_the_repository(access: Access, host: StubHost) -> None:
    push, _ = commands(subject.start, access=access, **WHAT)
    assert push.get_raw_value() == (
        "runuser -u admin -- git -C '/srv/the shop' push --quiet --set-upstream origin main"
    )


def test_a_project_that_has_a_main_gets_no_push(
    access: Access, host: StubHost, hosted: Pushed
) -> None:
    hosted.push(BUILD)
    hosted.end(hosted.take())
    assert commands(subject.start, access=access, **WHAT) == []


def test_each_job_is_told_of_and_one_by_hand_is_not_waited_for(
    follow: Follow, hosted: Pushed
) -> None:
    run = follow(telling(pushed_by_now(hosted, BUILD, DEPLOY, BY_HAND)))
    assert run.well
    told = [line.strip() for line in run.lines]
    assert told[0].endswith("/threebody/shop/-/pipelines/1")
    assert told[1:] == [
        "build: running",
        "build: success",
        "deploy: running",
        "deploy: success",
        "watch: manual",
    ]


def test_a_job_that_fails_ends_the_run_with_the_end_of_its_log(
    follow: Follow, hosted: Pushed
) -> None:
    def story() -> Iterator[None]:
        hosted.push(BUILD, DEPLOY)
        yield
        told = hosted.take()
        assert told
        where = f"{hosted.url}/api/v4/jobs/{told['id']}/trace"
        log = b"\n".join(b"line %d" % n for n in range(100)) + b"\ngate stayed shut: an image\n"
        headers = {"Job-Token": told["token"], "Content-Range": f"0-{len(log)}"}
        assert requests.patch(where, data=log, headers=headers, timeout=120).status_code == 202
        hosted.end(told, "failed")
        yield

    run = follow(telling(story()))
    assert not run.well
    (told,) = [row for row in run.lines if "failed" in row and "\n" in row]
    assert "job build failed; " in told
    assert "gate stayed shut: an image" in told
    assert "line 99" in told
    assert "line 5\n" not in told


def test_a_file_that_gitlab_does_not_understand_is_told(follow: Follow, hosted: Pushed) -> None:
    def story() -> Iterator[None]:
        hosted.says = {"error": "jobs config should contain at least one visible job"}
        hosted.commit()
        yield

    run = follow(telling(story()))
    assert not run.well
    assert "has failed: jobs config should contain at least one visible job" in "".join(run.lines)


def refusal(access: Access) -> str:
    (command,) = commands(subject.start, access=access, **WHAT)
    assert isinstance(command, StringCommand)
    return command.get_raw_value()


def test_a_main_that_the_web_page_made_is_told_at_once(
    access: Access, host: StubHost, hosted: Pushed
) -> None:
    hosted.project.delete()
    made = {"name": "shop", "namespace_id": 2, "initialize_with_readme": True}
    hosted.api.projects.create(made)
    told = refusal(access)
    assert "threebody/shop has a main that holds a README.md and nothing else" in told
    assert "Delete the project, and run again" in told


def test_a_first_pipeline_that_nobody_follows_any_more_is_followed_by_the_next_run(
    access: Access, host: StubHost, hosted: Pushed, caplog: pytest.LogCaptureFixture
) -> None:
    hosted.push(BUILD)
    (command,) = commands(subject.start, access=access, **WHAT)
    assert isinstance(command, FunctionCommand)
    hosted.end(hosted.take())
    with caplog.at_level(logging.INFO):
        assert command.function(None, host)
    assert "build: success" in caplog.text
    assert commands(subject.start, access=access, **WHAT) == []


def test_a_later_pipeline_is_its_developers(access: Access, host: StubHost, hosted: Pushed) -> None:
    for _ in range(2):
        hosted.push(BUILD)
    assert commands(subject.start, access=access, **WHAT) == []


def hosts_own(hosted: Pushed, **settings: object) -> None:
    """The runner is the project's own, with these settings."""
    own = {"runner_type": "project_type", "project_id": hosted.project.id}
    hosted.store.table("runners").change(1, description="vm-docker", **own, **settings)


def nobody_takes(hosted: Pushed) -> SimpleNamespace:
    """A clock that goes on by 5 seconds whenever somebody waits, and ends after two minutes."""
    seconds = iter(range(0, 120, 5))
    hosted.push({**BUILD, "tags": ["deploy"]})
    now = [0]

    def wait(_: float) -> None:
        now[0] = next(seconds)

    return SimpleNamespace(monotonic=lambda: now[0], sleep=wait)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"paused": True}, "is paused (Settings > CI/CD > Runners: resume it)"),
        ({"tag_list": ["other"]}, "lacks the tag deploy that the job asks for (it has: other)"),
        ({}, "is never contacted (does gitlab-runner.service run?)"),
    ],
)
def test_a_job_that_no_runner_will_take_is_told_within_a_minute(
    follow: Follow, hosted: Pushed, settings: dict[str, object], told: str
) -> None:
    hosts_own(hosted, **settings)
    clock = nobody_takes(hosted)
    run = follow(clock)
    assert not run.well
    (output,) = [line for line in run.lines if "nobody takes" in line]
    assert f"nobody takes the job build: the runner vm-docker {told}" in output
    assert clock.monotonic() < 60


def test_a_branch_that_is_not_protected_gets_no_protected_runner(
    follow: Follow, hosted: Pushed
) -> None:
    hosts_own(hosted, access_level="ref_protected")
    hosted.project.protectedbranches.delete("main")
    run = follow(nobody_takes(hosted))
    assert "takes jobs of protected branches only, and main is not protected" in "".join(run.lines)


def test_a_project_without_a_runner_is_told(follow: Follow, hosted: Pushed) -> None:
    hosted.api.runners.delete(1)
    run = follow(nobody_takes(hosted))
    assert "nobody takes the job build: the project has no runner" in "".join(run.lines)


def test_a_runner_that_has_others_to_do_is_waited_for(follow: Follow, hosted: Pushed) -> None:
    assert hosted.take() is None  # it has asked, and is there
    clock = nobody_takes(hosted)

    def wait(_: float, before: Callable[[float], None] = clock.sleep) -> None:
        before(0)
        if clock.monotonic() == 60:
            hosted.end(hosted.take())

    clock.sleep = wait
    run = follow(clock)
    assert run.well
    assert "build: pending, its runner has others to do" in "".join(run.lines)


def test_a_push_without_a_pipeline_is_told(follow: Follow) -> None:
    seconds = iter(range(0, 10_000, 30))
    clock = SimpleNamespace(monotonic=lambda: next(seconds), sleep=lambda _: None)
    run = follow(clock)
    assert not run.well
    assert "main was pushed, and no pipeline began within 120 s" in "".join(run.lines)
