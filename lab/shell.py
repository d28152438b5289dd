"""Commands of the outer machine, with an error that says what was run and what came."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

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
