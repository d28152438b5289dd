"""What was recorded of a real gitlab-runner, and a gitlab-runner to hold against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.mirror import real
from tests.lab.recording import Asked, Recorder, Told

CONTRACT = json.loads((Path(__file__).parent / "contracts/gitlab-runner-16.11.4.json").read_text())
TOKEN = CONTRACT["requests"][0]["body"]["token"]
WITHIN = 40  # seconds for a job to be asked for, done and reported


@dataclass(frozen=True)
class Product:
    """A gitlab-runner: how it is called, and a folder for its configuration."""

    words: tuple[str, ...]
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def environment(self) -> dict[str, str]:
        # Without USER, as it was recorded.
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(real.DOUBLES),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.words, *arguments, "--config", str(self.config)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def register(
        self, url: str, *extra: str, token: str = TOKEN
    ) -> subprocess.CompletedProcess[str]:
        who = ("--executor", "shell", "--name", "vm-docker")
        return self.run(
            "register", "--non-interactive", "--url", url, "--token", token, *who, *extra
        )

    def runners(self) -> list[dict[str, Any]]:
        return list(tomllib.loads(self.config.read_text())["runners"])


def always(status: int) -> Callable[[Asked], Told]:
    good = {"id": 1, "token": TOKEN, "token_expires_at": None}
    return lambda _: Told(status, good if status == 200 else {"message": "told to"})


def recorded(run: str) -> int:
    """The exit status of a command in the contract, by how it begins."""
    (found,) = (row["exit"] for row in CONTRACT["commands"] if row["run"].startswith(run))
    return int(found)


def gitlab(job: dict[str, Any]) -> Callable[[Asked], Told]:
    """One job, then none."""
    left = [job]

    def answer(asked: Asked) -> Told:
        if asked.path.endswith("/verify"):
            return always(200)(asked)
        if asked.path.endswith("/request"):
            return Told(201, left.pop()) if left else Told(204)
        if "/trace" in asked.path:
            return Told(202, headers={"Job-Status": "running", "Range": "0-1000000"})
        return Told(200, headers={"Job-Status": "success"})

    return answer


def serve_until_done(product: Product, server: Recorder, requests: int) -> None:
    """`run` until that many requests have come."""
    command = [*product.words, "run", "--config", str(product.config)]
    command += ["--working-directory", str(product.folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=product.folder, env=product.environment, **quiet) as runs:  # type: ignore[call-overload]
        deadline = time.monotonic() + WITHIN
        while len(server.asked) < requests and time.monotonic() < deadline:
            time.sleep(0.1)
        runs.terminate()
    assert len(server.asked) >= requests, [asked.path for asked in server.asked]


def compare(asked: Asked, wanted: dict[str, Any]) -> None:
    """A request against the recorded one, without what differs from run to run."""
    path = asked.path.partition("?")[0]  # the recorder kept no query
    assert (asked.method, path) == (wanted["method"], wanted["path"])
    telling = {name: asked.headers.get(name) for name in wanted["headers"]}
    if "Content-Range" in telling:  # the host's name is part of the log
        telling["Content-Range"] = wanted["headers"]["Content-Range"]
    assert telling == wanted["headers"]
    assert normal(asked.body) == normal(wanted["body"])


def normal(body: Any) -> Any:
    """Times, names and sums of this run taken out."""
    if isinstance(body, dict):
        ours = {"system_id": "", "features": "", "checksum": "", "bytesize": 0}
        return {key: ours.get(key, normal(value)) for key, value in body.items()}
    if isinstance(body, str):
        text = re.sub(r"(section_(start|end)):\d+:", r"\1:0:", body)
        text = re.sub(r"system ID: \w+", "system ID: x", text)
        return re.sub(r"Running on [^\n]*\.\.\.", "Running on here...", text)
    return body
