"""Jobs in their directories: what a runner is told, how it stands, what it logged."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .records import read, write

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
        return dict(read(self.path / "job.json"))

    @property
    def plan(self) -> Payload:
        """What its pipeline says of it; empty for one that has none."""
        path = self.path / "plan.json"
        return dict(read(path)) if path.exists() else {}

    @property
    def is_alone(self) -> bool:
        """Whether it belongs to no pipeline."""
        return not (self.path / "plan.json").exists()

    @property
    def result(self) -> Payload:
        """The state, and what the runner said last: {"state": "pending"} until it is taken."""
        return dict(read(self.path / "result.json"))

    @property
    def state(self) -> str:
        """Created, pending, running, success, failed, manual or skipped."""
        return str(self.result["state"])

    @property
    def log(self) -> bytes:
        """Everything that the runner has sent so far."""
        path = self.path / "log"
        return path.read_bytes() if path.exists() else b""

    def set(self, **result: Any) -> None:
        """Change how it stands."""
        before = read(self.path / "result.json")
        write(self.path / "result.json", {**before, **result})

    def hand_out(self, payload: Payload) -> None:
        """Have it run, by a runner that is told so."""
        write(self.path / "job.json", payload)
        self.set(state="running", started_at=time.time())

    def append(self, extra: bytes) -> None:
        """Add to its log."""
        with (self.path / "log").open("ab") as log:
            log.write(extra)

    def wait(self, within: float = 60) -> str:
        """Wait until it has ended, or time is up; its state."""
        deadline = time.monotonic() + within
        while self.state in ("pending", "running") and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.state


def alone(number: int, name: str, script: Sequence[str], variables: Sequence[Payload]) -> Payload:
    """What a runner is told of a job without pipeline and sources."""
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
