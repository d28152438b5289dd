"""A project of the lab's GitLab to push to, with pipelines that a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gitlab
import pytest
import requests
from gitlab.v4.objects import ProjectPipeline

from lab.doubles.gitlab import ci
from lab.doubles.gitlab.store import Store
from tests.unit.gitlab_served import KEY, Clone, a_project, client, on_a_socket, served

REMOTE = "git@gitlab.com:threebody/shop.git"
RUNNER = "glrt-goodgoodgoodgoodgood"
JOB = {
    "when": "on_success",
    "allow_failure": False,
    "tags": ["deploy"],
    "timeout": None,
    "script": ["true"],
    "after_script": [],
    "variables": {},
}


class Pushed:
    """A project to which one can push, and what its .gitlab-ci.yml says."""

    def __init__(self, store: Store, api: gitlab.Gitlab, clone: Clone) -> None:
        self.store, self.api, self.clone = store, api, clone
        self.url = api.url
        self.project = a_project(api)
        self.project.keys.create({"title": "vm-docker", "key": KEY, "can_push": True})
        self.says: dict[str, Any] | None = None
        self.seen: Mapping[str, str] = {}

    def push(self, *jobs: dict[str, Any], to: str = "main") -> ProjectPipeline:
        """Push a commit that asks for these jobs; its pipeline."""
        stages = list(dict.fromkeys(job["stage"] for job in jobs))
        self.says = {"stages": stages, "jobs": [{**JOB, **job} for job in jobs]}
        self.commit(to)
        return self.newest()

    def commit(self, to: str = "main") -> str:
        """Push a commit, whatever becomes of it."""
        made = self.clone.commit()
        pushed = self.clone.git("push", REMOTE, f"HEAD:refs/heads/{to}")
        assert pushed.returncode == 0, pushed.stderr
        return made

    def newest(self) -> ProjectPipeline:
        """The newest pipeline as it stands."""
        found = self.project.pipelines.get(self.project.pipelines.list(get_all=False)[0].id)
        assert isinstance(found, ProjectPipeline)
        return found

    def take(self, token: str = RUNNER) -> dict[str, Any] | None:
        """What a runner is told that asks for a job."""
        answer = requests.post(
            f"{self.url}/api/v4/jobs/request", json={"token": token}, timeout=120
        )
        return dict(answer.json()) if answer.status_code == 201 else None

    def end(self, told: dict[str, Any] | None, state: str = "success") -> None:
        """The runner says how the job has ended."""
        assert told is not None
        output = {"token": told["token"], "state": state, "failure_reason": "script_failure"}
        requests.put(f"{self.url}/api/v4/jobs/{told['id']}", json=output, timeout=120)

    def states(self) -> dict[str, str]:
        return {job.name: job.status for job in self.newest().jobs.list(get_all=True)[::-1]}


@contextmanager
def pushed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushed]:
    """A project with a deploy key and a runner; what reads a .gitlab-ci.yml is the test."""
    store = Store(folder / "gitlab")
    store.add_runner(RUNNER)
    with served(store) as url, on_a_socket(store, folder / "socket"):
        made = Pushed(store, client(url), Clone(folder / "clone", folder / "socket"))

        def read(store: Store, project: Any, sha: str, seen: Mapping[str, str]) -> Any:
            made.seen = seen
            return made.says

        monkeypatch.setattr(ci, "read", read)
        yield made


@dataclass(frozen=True)
class Followed:
    """How the run ended that followed a pipeline, and what it said meanwhile."""

    well: bool
    lines: Sequence[str]


Follow = Callable[[SimpleNamespace], Followed]
