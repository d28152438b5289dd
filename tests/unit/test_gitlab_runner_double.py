"""The double of gitlab-runner does jobs of the double of GitLab: it clones, and knows variables."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.unit.doubles import CHECKOUT
from tests.unit.gitlab_pushed import RUNNER, Pushed

WITHIN = 120  # seconds


def done(hosted: Pushed, folder: Path) -> str:
    """Let a runner do everything that there is; how the pipeline stands then."""
    words = [sys.executable, "-B", "-m", "gitlab_runner"]
    config = ["--config", str(folder / "config.toml")]
    known = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(CHECKOUT / "lab/doubles"),
    }
    about = ("--url", hosted.url, "--token", RUNNER, "--executor", "shell", "--name", "unit")
    made = [*words, "register", "--non-interactive", *config, *about]
    subprocess.run(made, env=known, cwd=folder, check=True, capture_output=True)
    run = [*words, "run", *config, "--working-directory", str(folder)]
    with subprocess.Popen(run, env=known, cwd=folder, stderr=subprocess.DEVNULL) as runs:
        deadline = time.monotonic() + WITHIN
        while hosted.newest().status in ("pending", "running") and time.monotonic() < deadline:
            time.sleep(0.1)
        runs.terminate()
    return str(hosted.newest().status)


def test_where_its_environment_says_so_it_tells_of_itself_and_leaves_after_its_job(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT / "lab/doubles")}
    words = [sys.executable, "-B", "-m", "gitlab_runner", "run", "--config"]
    words += [str(tmp_path / "config.toml"), "--working-directory", str(tmp_path)]
    (tmp_path / "config.toml").write_text("check_interval = 1\n")
    told = {**known, "LISTEN_ADDRESS": address}
    with subprocess.Popen(words, env=told, stderr=subprocess.DEVNULL) as run:
        text, end = "", time.monotonic() + WITHIN
        while not text and time.monotonic() < end:
            with contextlib.suppress(OSError):
                text = urllib.request.urlopen(f"http://{address}/metrics").read().decode()
        run.send_signal(signal.SIGQUIT)
        assert run.wait(WITHIN) == 0
    assert "gitlab_runner_concurrent 1" in text.splitlines()


def log(hosted: Pushed) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;]*[mK]", "", hosted.store.jobs()[-1].log.decode())
    return [line.rpartition("\r")[2] for line in text.splitlines()]


def test_a_job_runs_in_a_clone_of_its_commit(hosted: Pushed, tmp_path: Path) -> None:
    hosted.clone.commit(file="content\n")
    variables = {"TAG": "of $CI_COMMIT_SHORT_SHA, ${CI_JOB_NAME}, $$5"}
    hosted.project.variables.create({"key": "RAW", "value": "$TAG", "raw": True})
    script = ["cat file", "pwd", 'echo "$TAG and $RAW"', "git status --short", "touch left"]
    made = hosted.push({"name": "a", "stage": "build", "script": script, "variables": variables})
    assert done(hosted, tmp_path) == "success", log(hosted)
    folder = f"{tmp_path}/builds/{RUNNER[5:14]}/0/gitlab.com/threebody/shop"
    output = log(hosted)
    for line in (
        "Fetching changes with git depth set to 20...",
        f"Initialized empty Git repository in {folder}/.git/",
        "Created fresh repository.",
        f"Checking out {made.sha[:8]} as detached HEAD (ref is main)...",
        "content",
        folder,
        f"of {made.sha[:8]}, a, $5 and $TAG",
    ):
        assert line in output, output
    next_one = hosted.push({"name": "b", "stage": "build", "script": ["ls", "git rev-parse HEAD"]})
    assert done(hosted, tmp_path) == "success", log(hosted)
    output = log(hosted)
    assert next_one.sha in output
    assert "Created fresh repository." not in output
    assert "left" not in output


def test_a_job_whose_sources_do_not_come_fails(hosted: Pushed, tmp_path: Path) -> None:
    runs = ["echo it runs"]
    hosted.push({"name": "a", "stage": "build", "script": runs, "after_script": runs})
    pipeline = hosted.newest().id
    repository = hosted.store.path / "repositories/threebody/shop.git"
    subprocess.run(["git", "update-ref", "-d", f"refs/pipelines/{pipeline}"], cwd=repository)
    assert done(hosted, tmp_path) == "failed"
    assert "it runs" not in log(hosted)
