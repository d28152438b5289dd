"""The lab's GitLab and jobs: which runner takes one, and what it is told."""

from __future__ import annotations

from typing import Any

import gitlab
import pytest

from tests.unit.gitlab_pushed import Pushed
from tests.unit.gitlab_served import a_project


def a_runner(api: gitlab.Gitlab, wanted: dict[str, Any]) -> str:
    """The token of a new runner."""
    made = api.http_post("/user/runners", post_data=wanted)
    assert isinstance(made, dict)
    return str(made["token"])


@pytest.mark.parametrize(
    ("runner", "takes"),
    [
        ({"tag_list": ["deploy", "more"]}, {"tagged", "untagged"}),
        ({"tag_list": ["deploy"], "run_untagged": False}, {"tagged"}),
        ({"tag_list": ["other"]}, {"untagged"}),
        ({"tag_list": ["deploy"], "paused": True}, set()),
        ({"tag_list": ["deploy"], "access_level": "ref_protected"}, {"tagged", "untagged"}),
    ],
)
def test_a_runner_takes_what_its_tags_allow(
    hosted: Pushed, runner: dict[str, Any], takes: set[str]
) -> None:
    own = {"runner_type": "project_type", "project_id": hosted.project.id, **runner}
    token = a_runner(hosted.api, own)
    hosted.push(
        {"name": "tagged", "stage": "build"}, {"name": "untagged", "stage": "build", "tags": []}
    )
    taken = [hosted.take(token) for _ in range(3)]
    assert {told["job_info"]["name"] for told in taken if told} == takes


def test_a_runner_takes_nothing_of_other_projects_and_branches(hosted: Pushed) -> None:
    other = a_project(hosted.api, "other")
    strange = {"runner_type": "project_type", "project_id": other.id, "tag_list": ["deploy"]}
    token = a_runner(hosted.api, strange)
    own = {"runner_type": "project_type", "project_id": hosted.project.id}
    own |= {"access_level": "ref_protected", "tag_list": "deploy"}
    guarded = a_runner(hosted.api, own)
    hosted.push({"name": "a", "stage": "build"}, to="branch")
    assert hosted.take(token) is None
    assert hosted.take(guarded) is None
    assert hosted.take() is not None


def test_a_runner_is_told_everything_that_the_job_needs(hosted: Pushed) -> None:
    variables = hosted.project.variables
    variables.create({"key": "PASSWORD", "value": "S3cretValue99", "masked": True})
    variables.create({"key": "FILE", "value": "a\nb", "variable_type": "file", "protected": True})
    variables.create({"key": "SAID", "value": "by the project", "raw": True})
    variables.create({"key": "ELSEWHERE", "value": "x", "environment_scope": "staging"})
    yaml = {"TAG": "$CI_COMMIT_SHORT_SHA", "SAID": "by the file", "GIT_DEPTH": "5"}
    extra = {"timeout": 5400, "after_script": ["echo after"], "variables": yaml}
    made = hosted.push({"name": "a", "stage": "build", **extra})
    told = hosted.take()
    assert told is not None
    given = {row.pop("key"): row for row in told["variables"]}
    assert len(given) == len(told["variables"])
    hidden = {"public": False, "masked": True, "file": False, "raw": False}
    assert given["PASSWORD"] == {**hidden, "value": "S3cretValue99"}
    assert given["FILE"] == {**hidden, "value": "a\nb", "masked": False, "file": True}
    assert given["SAID"] == {**hidden, "value": "by the project", "masked": False, "raw": True}
    assert given["TAG"] == {"value": yaml["TAG"], "public": True, "masked": False}
    assert "ELSEWHERE" not in given
    expected = {
        **{"CI": "true", "GITLAB_CI": "true", "CI_SERVER_URL": hosted.url},
        **{"CI_COMMIT_SHA": made.sha, "CI_COMMIT_SHORT_SHA": made.sha[:8]},
        **{"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main", "CI_DEFAULT_BRANCH": "main"},
        **{"CI_PROJECT_PATH": "threebody/shop", "CI_PIPELINE_ID": str(made.id)},
        **{"CI_PIPELINE_SOURCE": "push", "CI_JOB_ID": str(told["id"]), "CI_JOB_NAME": "a"},
        **{"CI_JOB_STAGE": "build", "CI_JOB_TOKEN": told["token"]},
    }
    assert {key: given[key]["value"] for key in expected} == expected
    assert given["CI_REPOSITORY_URL"]["masked"] is True
    where = hosted.url.replace("://", f"://gitlab-ci-token:{told['token']}@")
    assert told["git_info"] == {
        "repo_url": f"{where}/threebody/shop.git",
        "ref": "main",
        "sha": made.sha,
        "before_sha": "0" * 40,
        "ref_type": "branch",
        "refspecs": [
            f"+refs/pipelines/{made.id}:refs/pipelines/{made.id}",
            "+refs/heads/main:refs/remotes/origin/main",
        ],
        "depth": 5,
        "repo_object_format": "sha1",
    }
    assert told["runner_info"]["timeout"] == 5400
    assert [(step["name"], step["timeout"]) for step in told["steps"]] == [
        ("script", 5400),
        ("after_script", 5400),
    ]


def test_protected_variables_are_for_protected_branches(hosted: Pushed) -> None:
    hosted.project.variables.create({"key": "PASSWORD", "value": "secret", "protected": True})
    hosted.push({"name": "a", "stage": "build"}, to="branch")
    told = hosted.take()
    assert told is not None
    assert "PASSWORD" not in {row["key"] for row in told["variables"]}
    assert "PASSWORD" not in hosted.seen
    assert hosted.seen["CI_COMMIT_REF_PROTECTED"] == "false"
    hosted.push({"name": "a", "stage": "build"})
    assert (hosted.seen["PASSWORD"], hosted.seen["CI_COMMIT_BRANCH"]) == ("secret", "main")


def test_a_runner_may_allow_less_time_than_the_job_wants(hosted: Pushed) -> None:
    (everybodys,) = hosted.project.runners.list(get_all=True)
    runner = hosted.api.runners.get(everybodys.id)
    runner.maximum_timeout = 600
    runner.save()
    hosted.push({"name": "a", "stage": "build", "timeout": 5400})
    told = hosted.take()
    assert told is not None
    assert told["runner_info"]["timeout"] == 600


def test_what_is_kept_of_a_pipeline_is_private(hosted: Pushed) -> None:
    hosted.push({"name": "a", "stage": "build"})
    hosted.take()
    private = [
        *(hosted.store.path / "jobs").glob("*/*"),
        *(hosted.store.path / "records").glob("*.json"),
    ]
    assert len(private) > 4
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
