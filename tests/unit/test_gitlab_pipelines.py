"""The lab's GitLab and pipelines: whose turn it is, and how a pipeline stands."""

from __future__ import annotations

import gitlab
import pytest
import requests

from tests.unit.gitlab_pushed import Pushed


def test_a_stage_waits_for_the_one_before(hosted: Pushed) -> None:
    made = hosted.push(
        {"name": "a", "stage": "build"},
        {"name": "b", "stage": "build"},
        {"name": "c", "stage": "deploy"},
    )
    assert (made.status, hosted.states()) == (
        "pending",
        {"a": "pending", "b": "pending", "c": "created"},
    )
    first, second = hosted.take(), hosted.take()
    assert hosted.take() is None
    assert hosted.newest().status == "running"
    hosted.end(first)
    assert hosted.take() is None
    hosted.end(second)
    assert hosted.states() == {"a": "success", "b": "success", "c": "pending"}
    hosted.end(hosted.take())
    assert hosted.newest().status == "success"


def test_a_failed_job_skips_what_comes_after_it_but_for_what_wants_that(hosted: Pushed) -> None:
    hosted.push(
        {"name": "a", "stage": "build"},
        {"name": "forgiven", "stage": "build", "allow_failure": True},
        {"name": "c", "stage": "deploy"},
        {"name": "by_hand", "stage": "deploy", "when": "manual", "allow_failure": True},
        {"name": "tidy", "stage": "end", "when": "always"},
        {"name": "mend", "stage": "end", "when": "on_failure"},
    )
    hosted.end(hosted.take(), "failed")
    hosted.end(hosted.take(), "failed")
    assert hosted.states() == {
        **{"a": "failed", "forgiven": "failed", "c": "skipped", "by_hand": "skipped"},
        **{"tidy": "pending", "mend": "pending"},
    }
    hosted.end(hosted.take())
    hosted.end(hosted.take())
    made = hosted.newest()
    assert made.status == "failed"
    reasons = {job.name: job.failure_reason for job in made.jobs.list(get_all=True)}
    assert (reasons["a"], reasons["c"]) == ("script_failure", None)


def test_a_failure_that_is_allowed_stops_nothing(hosted: Pushed) -> None:
    hosted.push(
        {"name": "a", "stage": "build", "allow_failure": True},
        {"name": "mend", "stage": "build2", "when": "on_failure"},
        {"name": "c", "stage": "deploy"},
    )
    hosted.end(hosted.take(), "failed")
    assert hosted.states() == {"a": "failed", "mend": "skipped", "c": "pending"}
    hosted.end(hosted.take())
    assert hosted.newest().status == "success"


def test_a_manual_job_holds_the_next_stage_only_if_it_must_not_fail(hosted: Pushed) -> None:
    hosted.push(
        {"name": "free", "stage": "build", "when": "manual", "allow_failure": True},
        {"name": "gate", "stage": "build2", "when": "manual"},
        {"name": "c", "stage": "deploy"},
    )
    assert hosted.newest().status == "manual"
    assert hosted.states() == {"free": "manual", "gate": "manual", "c": "created"}
    assert hosted.take() is None
    (gate,) = (job for job in hosted.newest().jobs.list(get_all=True) if job.name == "gate")
    job = hosted.project.jobs.get(gate.id)
    job.play()
    with pytest.raises(gitlab.GitlabJobPlayError, match="400 Bad request - Unplayable Job"):
        job.play()
    hosted.end(hosted.take())
    hosted.end(hosted.take())
    assert hosted.newest().status == "success"
    assert hosted.states()["free"] == "manual"


def test_the_log_of_a_job_is_plain_text(hosted: Pushed) -> None:
    hosted.push({"name": "a", "stage": "build"})
    told = hosted.take()
    assert told is not None
    headers = {"Job-Token": told["token"], "Content-Range": "0-4"}
    log = f"{hosted.url}/api/v4/jobs/{told['id']}/trace"
    requests.patch(log, data=b"hello", headers=headers, timeout=120)
    assert hosted.project.jobs.get(told["id"], lazy=True).trace() == b"hello"


def test_no_file_or_no_job_is_no_pipeline_and_an_error_is_a_failed_one(hosted: Pushed) -> None:
    pipelines = hosted.project.pipelines
    hosted.commit()
    hosted.says = {"stages": [], "jobs": []}
    hosted.commit()
    assert pipelines.list(get_all=True) == []
    hosted.says = {"error": "a must have script specified"}
    last = hosted.commit()
    made = hosted.newest()
    assert (made.status, made.yaml_errors) == ("failed", "a must have script specified")
    assert made.jobs.list(get_all=True) == []
    assert [row.id for row in pipelines.list(sha=last, get_all=True)] == [made.id]
    assert pipelines.list(ref="other", get_all=True) == []
    assert pipelines.list(status="success", get_all=True) == []
    with pytest.raises(gitlab.GitlabGetError, match="404: 404 Not found"):
        pipelines.get(99)
