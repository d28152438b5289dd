"""Commands of the outer machine, with an error that says what was run and what came."""

from __future__ import annotations

import shlex
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Timer

# Before a command that writes for long: it dies, with all that it started, when the caller does.
# What `kill -9` leaves would otherwise still be writing while the next run begins anew.
MORTAL = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
)


class CommandFailed(Exception):
    """A command ended badly; the message holds it and the end of what it printed."""


def run(
    *command: str | Path,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    ok: Sequence[int] = (0,),
    timeout: float | None = None,
) -> str:
    """Run a command and return its output; raises CommandFailed on an exit status not in `ok`."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            env=env,
            cwd=cwd,
            timeout=timeout,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as missing:
        raise CommandFailed(f"{words[0]}: not installed ({missing})") from missing
    except subprocess.TimeoutExpired as late:
        raise CommandFailed(f"{shlex.join(words)}: no end after {timeout} s") from late
    if done.returncode not in ok:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise CommandFailed(
            f"{shlex.join(words)}: exit status {done.returncode}\n" + "\n".join(said)
        )
    return done.stdout


def follow(*command: str | Path, tell: Callable[[str], None], timeout: float) -> None:
    """Run a command and hand on each line that it prints; raises CommandFailed when it fails."""
    words = [str(word) for word in command]
    last: deque[str] = deque(maxlen=15)
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        late = Timer(timeout, process.kill)
        late.start()
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                tell(line.rstrip())
        finally:
            late.cancel()
    if process.returncode:
        raise CommandFailed(
            f"{shlex.join(words)}: exit status {process.returncode}\n" + "\n".join(last)
        )
