"""What GitLab remembers: runners by token, jobs with their logs; in files that tests read too."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Payload = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One job in its directory: what the runner gets, how it stands, what it logged."""

    path: Path

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.path.name)

    @property
    def payload(self) -> Payload:
        """What a runner is told to do."""
        return dict(_read(self.path / "job.json"))

    @property
    def result(self) -> Payload:
        """The state, and what the runner said last: {"state": "pending"} until it is taken."""
        return dict(_read(self.path / "result.json"))

    @property
    def state(self) -> str:
        """Pending, running, success or failed."""
        return str(self.result["state"])

    @property
    def log(self) -> bytes:
        """Everything that the runner has sent so far."""
        path = self.path / "log"
        return path.read_bytes() if path.exists() else b""

    def set(self, **result: Any) -> None:
        """Change how it stands."""
        before = _read(self.path / "result.json")
        _write(self.path / "result.json", {**before, **result})

    def append(self, more: bytes) -> None:
        """Add to its log."""
        with (self.path / "log").open("ab") as log:
            log.write(more)

    def wait(self, within: float = 60) -> str:
        """Wait until it has ended, or time is up; its state."""
        deadline = time.monotonic() + within
        while self.state in ("pending", "running") and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.state


class Store:
    """One GitLab's memory, in a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "jobs").mkdir(parents=True, exist_ok=True)
        (path / "authorized_keys").touch()

    def runners(self) -> dict[str, int]:
        """The number of each runner, by its token."""
        path = self.path / "runners.json"
        return _read(path) if path.exists() else {}

    def add_runner(self, token: str) -> None:
        """Know a runner by this token, as if somebody had made it in the browser."""
        known = self.runners()
        if token not in known:
            _write(self.path / "runners.json", {**known, token: max(known.values(), default=0) + 1})

    def remove_runner(self, token: str) -> None:
        """Forget a runner."""
        left = {other: number for other, number in self.runners().items() if other != token}
        _write(self.path / "runners.json", left)

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
        number = max((job.id for job in self.jobs()), default=0) + 1
        nothing = {"key": "GIT_STRATEGY", "value": "none", "public": True, "masked": False}
        unfinished = self.path / "jobs" / f"new-{number}"
        unfinished.mkdir()
        _write(
            unfinished / "job.json",
            _payload(number, name, script, [nothing, *variables]),
        )
        _write(unfinished / "result.json", {"state": "pending"})
        unfinished.rename(self.path / "jobs" / str(number))
        return Job(self.path / "jobs" / str(number))

    def take(self) -> Job | None:
        """The oldest job that nobody has, which the caller has now."""
        for job in self.jobs():
            if job.state == "pending":
                job.set(state="running")
                return job
        return None


def _payload(
    number: int, name: str, script: Sequence[str], variables: Sequence[Payload]
) -> Payload:
    return {
        "id": number,
        "token": f"glcbt-{secrets.token_urlsafe(15)}",
        "allow_git_fetch": True,
        "job_info": {
            "name": name,
            "stage": "test",
            "project_id": 1,
            "project_name": "lab",
            "time_in_queue_seconds": 0,
            "project_jobs_running_on_instance_runners_count": "0",
        },
        "git_info": {
            "repo_url": "http://gitlab.invalid/lab.git",
            "ref": "main",
            "sha": "0" * 40,
            "before_sha": "0" * 40,
            "ref_type": "branch",
            "refspecs": [],
            "depth": 20,
            "repo_object_format": "sha1",
        },
        "runner_info": {"timeout": 3600, "runner_session_url": None},
        "variables": list(variables),
        "steps": [
            {
                "name": "script",
                "script": list(script),
                "timeout": 3600,
                "when": "on_success",
                "allow_failure": False,
            }
        ],
        "image": None,
        "services": [],
        "artifacts": None,
        "cache": [],
        "credentials": [],
        "dependencies": [],
        "features": {
            "trace_sections": True,
            "token_mask_prefixes": ["glpat-"],
            "failure_reasons": ["unknown_failure", "script_failure"],
        },
        "id_tokens": {},
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def _write(path: Path, content: Payload) -> None:
    written = path.with_name(f"{path.name}.{os.getpid()}")
    written.write_text(json.dumps(content))
    written.chmod(0o600)
    written.replace(path)
