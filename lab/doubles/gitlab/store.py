"""What GitLab remembers: tables of what it knows, and jobs; in files that tests read too."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from .jobs import Job, Payload, alone
from .records import Row, Table, read, write

USER = {"id": 1, "username": "lab", "name": "Lab", "state": "active"}
# Namespaces that are there from the beginning: the user's own, and a group's.
NAMESPACES: tuple[Row, ...] = (
    {"id": 1, "name": "Lab", "path": "lab", "kind": "user", "full_path": "lab"},
    {"id": 2, "name": "threebody", "path": "threebody", "kind": "group", "full_path": "threebody"},
)
ANYBODYS = {
    "runner_type": "instance_type",
    "project_id": None,
    "description": "",
    "tag_list": ["deploy"],
    "run_untagged": True,
    "locked": False,
    "paused": False,
    "access_level": "not_protected",
    "maximum_timeout": None,
}


class Store:
    """One GitLab's memory, in a directory."""

    def __init__(self, path: Path, account: str | None = None, package: Path = Path()) -> None:
        self.path = path
        self.account = account  # to whom repositories belong; without one the caller
        self.package = package  # the folder of gitlab-ci-local
        (path / "jobs").mkdir(parents=True, exist_ok=True)
        (path / "records").mkdir(mode=0o700, exist_ok=True)
        (path / "authorized_keys").touch()

    def table(self, name: str) -> Table:
        """Everything of one kind: projects, deploy_keys, variables, runners, pipelines."""
        return Table(self.path / "records" / f"{name}.json")

    def admit(self, token: str) -> None:
        """Know the user by this personal access token, and by no other."""
        write(self.path / "records" / "token", token)

    def admits(self, token: str | None) -> bool:
        """Whether this is the user's token."""
        known = self.path / "records" / "token"
        return known.exists() and read(known) == token

    def admit_for(self, project: str, token: str) -> None:
        """Know a project's own token, with the role Maintainer there and no right elsewhere."""
        write(self.path / "records" / "project_token", f"{project} {token}")

    def only_project(self, token: str | None) -> str | None:
        """The project whose own token this is."""
        kept = self.path / "records" / "project_token"
        project, _, known = (read(kept) if kept.exists() else "").partition(" ")
        return project if known and known == token else None

    def runners(self) -> dict[str, int]:
        """The number of each runner, by its token."""
        return {row["token"]: row["id"] for row in self.table("runners").rows()}

    def add_runner(self, token: str) -> None:
        """Know a runner by this token, as if somebody had made it in the browser."""
        if token not in self.runners():
            self.table("runners").add(token=token, **ANYBODYS)

    def remove_runner(self, token: str) -> None:
        """Forget a runner."""
        self.table("runners").remove(self.runners()[token])

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        found = [Job(path) for path in (self.path / "jobs").iterdir() if path.name.isdecimal()]
        return sorted(found, key=lambda job: job.id)

    def job(self, number: int) -> Job | None:
        """The job of that number."""
        path = self.path / "jobs" / str(number)
        return Job(path) if path.is_dir() else None

    def queue(
        self, script: Sequence[str], variables: Sequence[Payload] = (), name: str = "job"
    ) -> Job:
        """Have a job for the next runner that asks; no sources, so no repository is needed."""
        number = self._next_job()
        nothing = {"key": "GIT_STRATEGY", "value": "none", "public": True, "masked": False}
        return self._made(number, "job.json", alone(number, name, script, [nothing, *variables]))

    def plan(self, plan: Payload) -> Job:
        """A job of a pipeline, which becomes what a runner is told when one takes it."""
        return self._made(self._next_job(), "plan.json", plan, state="created")

    def _next_job(self) -> int:
        return max((job.id for job in self.jobs()), default=0) + 1

    def _made(self, number: int, name: str, content: Payload, state: str = "pending") -> Job:
        unfinished = self.path / "jobs" / f"new-{number}"
        unfinished.mkdir()
        write(unfinished / name, content)
        write(unfinished / "result.json", {"state": state})
        unfinished.rename(self.path / "jobs" / str(number))
        return Job(self.path / "jobs" / str(number))


def now() -> str:
    """The time as GitLab writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
