"""The lab's GitLab: what its API answers to a runner, held against what a real one was answered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lab.doubles.gitlab.http import API, Answer, Request
from lab.doubles.gitlab.runner_api import ROUTES
from lab.doubles.gitlab.store import Store
from tests.unit.doubles import CHECKOUT

CONTRACT = json.loads(
    (CHECKOUT / "tests/lab/contracts/gitlab-runner-16.11.4.json").read_text(encoding="utf-8")
)
TOKEN = "glrt-goodgoodgoodgoodgood"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.add_runner(TOKEN)
    return made


def ask(
    store: Store, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    for known, pattern, act in ROUTES:
        matched = re.fullmatch(pattern, API + path)
        if known == method and matched:
            return act(Request(store, matched.groups(), headers or {}, raw))
    raise AssertionError(f"no route for {method} {path}")


def test_every_recorded_request_is_answered_with_its_status(store: Store) -> None:
    job = store.queue(["true"])
    for wanted in CONTRACT["requests"][:5]:
        path = wanted["path"].removeprefix("/api/v4").replace("/jobs/7", f"/jobs/{job.id}")
        body = wanted["body"]
        headers = {}
        if wanted["method"] == "PATCH":
            body = body.encode()
            headers = {"Job-Token": job.payload["token"], "Content-Range": "0-1"}
        elif wanted["method"] == "PUT":
            body = {**body, "token": job.payload["token"]}
        answer = ask(store, wanted["method"], path, body, headers)
        assert answer.status == wanted["answer"]["status"], path
        assert set(wanted["answer"]["headers"]) <= set(answer.headers), path
    assert job.state == "success"
    assert job.log.decode() == CONTRACT["requests"][2]["body"]


def test_a_job_is_handed_out_once_in_the_shape_that_was_given(store: Store) -> None:
    first, second = store.queue(["one"]), store.queue(["two"])
    taken = [ask(store, "POST", "/jobs/request", {"token": TOKEN}) for _ in range(3)]
    assert [answer.status for answer in taken] == [201, 201, 204]
    assert [taken[0].body["id"], taken[1].body["id"]] == [first.id, second.id]
    assert set(taken[0].body) == set(CONTRACT["job_given"])
    assert (first.state, second.state) == ("running", "running")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/runners/verify"), ("POST", "/jobs/request"), ("DELETE", "/runners")],
)
def test_a_token_that_nobody_made_is_forbidden(store: Store, method: str, path: str) -> None:
    store.queue(["true"])
    assert ask(store, method, path, {"token": "glrt-other"}).status == 403
    assert ask(store, method, path).status == 403


def test_a_runner_that_left_is_unknown(store: Store) -> None:
    assert ask(store, "DELETE", "/runners", {"token": TOKEN}).status == 204
    assert ask(store, "POST", "/runners/verify", {"token": TOKEN}).status == 403


def test_a_log_must_go_on_where_it_ended(store: Store) -> None:
    job = store.queue(["true"])
    path = f"/jobs/{job.id}/trace"
    headers = {"Job-Token": job.payload["token"], "Content-Range": "0-2"}
    assert ask(store, "PATCH", path, b"abc", headers).headers["Range"] == "0-3"
    again = ask(store, "PATCH", path, b"abc", headers)
    assert (again.status, again.headers["Range"]) == (416, "0-3")
    headers["Content-Range"] = "3-4"
    assert ask(store, "PATCH", path, b"de", headers).status == 202
    assert job.log == b"abcde"
    assert ask(store, "PATCH", path, b"x", {"Job-Token": "other"}).status == 403
    assert ask(store, "PATCH", "/jobs/99/trace", b"x", headers).status == 404


def test_only_the_jobs_own_token_ends_it(store: Store) -> None:
    job = store.queue(["true"])
    path = f"/jobs/{job.id}"
    assert ask(store, "PUT", path, {"token": "other", "state": "success"}).status == 403
    assert job.state == "pending"


def test_what_it_remembers_is_private(store: Store) -> None:
    job = store.queue(["true"])
    store.admit("glpat-somebodys")
    private = [*(store.path / "records").glob("*[!k]"), job.path / "job.json"]
    assert len(private) == 3
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
