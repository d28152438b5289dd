"""One job: its script in a shell, its log with sections and masks, what GitLab is told of it."""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
import zlib
from collections.abc import Iterator
from typing import Any

from . import VERSION, network, sources
from .config import Runner
from .log import OFF, RED, short

GREEN, CYAN, CLEAR = "\033[32;1m", "\033[36;1m", "\033[0K"
EVERY = 3  # seconds between two parts of a log


class Trace:
    """The log of a job: grows here, and goes to GitLab in parts."""

    def __init__(self, url: str, token: str, masked: list[str]) -> None:
        self.url, self.token, self.masked = url, token, masked
        self.all = b""
        self.sent = 0
        self.last = time.monotonic()

    def write(self, text: str) -> None:
        """Add whole lines, with masks where secrets were."""
        for secret in self.masked:
            text = text.replace(secret, "[MASKED]")
        self.all += text.encode()
        if time.monotonic() - self.last > EVERY:
            self.send()

    def send(self) -> None:
        """Give GitLab what it does not have."""
        self.last = time.monotonic()
        while self.sent < len(self.all):
            part = self.all[self.sent :]
            headers = {
                "Content-Range": f"{self.sent}-{self.sent + len(part) - 1}",
                "Content-Type": "text/plain",
                "Job-Token": self.token,
            }
            reply = network.send("PATCH", f"{self.url}/trace?debug_trace=false", part, headers)
            if reply.status == 416:  # it has another part than we thought
                self.sent = int(reply.headers.get("Range", "0-0").partition("-")[2])
            elif reply.status != 202:
                return
            else:
                self.sent += len(part)

    @property
    def checksum(self) -> str:
        """Of all of it."""
        return f"crc32:{zlib.crc32(self.all):08x}"

    def section(self, name: str, title: str) -> Iterator[None]:
        """Around what belongs together, with times, as GitLab folds it."""
        self.write(f"section_start:{int(time.time())}:{name}\r{CLEAR}")
        self.write(f"{CLEAR}{CYAN}{title}{OFF}{OFF}\n")
        yield
        self.write(f"section_end:{int(time.time())}:{name}\r{CLEAR}")


def run(runner: Runner, job: dict[str, Any], system_id: str, home: str, user: str) -> None:
    """Do a job to its end, whatever that is."""
    place = sources.place(job["git_info"], f"{home}/builds/{short(runner.token)}/0")
    variables = sources.expanded(job["variables"], place)
    masked = [one["value"] for one in job["variables"] if one.get("masked") and one["value"]]
    url = f"{runner.url}/api/v4/jobs/{job['id']}"
    trace = Trace(url, job["token"], masked)
    trace.write(
        f"{CLEAR}Running with gitlab-runner {VERSION} (v{VERSION}){OFF}\n"
        f"{CLEAR}  on {runner.name} {short(runner.token)}, system ID: {system_id}{OFF}\n"
    )
    for _ in trace.section("prepare_executor", 'Preparing the "shell" executor'):
        trace.write(f"{CLEAR}Using Shell (bash) executor...{OFF}\n")
    for _ in trace.section("prepare_script", "Preparing environment"):
        trace.write(f"Running on {socket.gethostname()}...\n")
    for _ in trace.section("get_sources", "Getting source from Git repository"):
        known = {key: one["value"] for key, one in variables.items()}
        status = _shell(sources.script(job["git_info"], place, known), user, trace)
    before = _environment(variables, place)
    for step in job["steps"] if not status else ():
        if status and step["when"] == "on_success":
            continue
        name = step["name"] if step["name"] == "after_script" else f"step_{step['name']}"
        for _ in trace.section(name, f'Executing "{name}" stage of the job script'):
            ended = _shell(before + _script(step["script"]), user, trace)
        status = status or (0 if name == "after_script" else ended)
    title = "Cleaning up project directory and file based variables"
    for _ in trace.section("cleanup_file_variables", title):
        files = [f"{place}.tmp/{key}" for key, one in variables.items() if one.get("file")]
        _shell(f"rm -f {shlex.join(files)}\n" if files else ":\n", user, trace)
    output = f"{RED}ERROR: Job failed: exit status {status}\n{OFF}\n"
    trace.write(output if status else f"{GREEN}Job succeeded{OFF}\n")
    trace.send()
    _finish(runner, url, job["token"], trace, status)


def _finish(runner: Runner, url: str, token: str, trace: Trace, status: int) -> None:
    body: dict[str, Any] = {
        "info": network.info(runner.executor),
        "token": token,
        "state": "failed" if status else "success",
        "checksum": trace.checksum,
        "output": {"checksum": trace.checksum, "bytesize": len(trace.all)},
    }
    if status:
        body |= {"failure_reason": "script_failure", "exit_code": status}
    network.send("PUT", url, body, network.JSON)


def _environment(variables: dict[str, dict[str, Any]], place: str) -> str:
    """Shell that goes to the project's directory and exports; a file variable is a path."""
    lines = [f"mkdir -p {place} {place}.tmp", f"cd {place}"]
    for key, one in variables.items():
        value = shlex.quote(one["value"])
        if one.get("file"):
            path = f"{place}.tmp/{key}"
            lines += [f"printf %s {value} > {path}", f"export {key}={path}"]
        else:
            lines.append(f"export {key}={value}")
    return "\n".join(["set -eo pipefail", "set +o noclobber", *lines, ""])


def _script(commands: list[str]) -> str:
    lines = []
    for command in commands:
        first, *extra = command.splitlines() or [""]
        shown = f"{first} # collapsed multi-line command" if extra else first
        lines += [f"echo {shlex.quote(f'{GREEN}$ {shown}{OFF}')}", command]
    return "\n".join([*lines, ""])


def _shell(script: str, user: str, trace: Trace) -> int:
    """Run it, as the user by logging in anew, which is where groups come from."""
    words = ["bash", "--login"]
    if user:
        words = ["su", "-s", "/bin/bash", user, "-c", "bash --login"]
    with subprocess.Popen(
        # A compound, so that bash has read all of it before anything in it reads standard input.
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(f": | eval {shlex.quote(script)}\n")
        process.stdin.close()
        for line in process.stdout:
            trace.write(line)
    return process.returncode
