"""Commands of the outer machine, with an error that says what was run and what came."""

from __future__ import annotations

import shlex
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer

from lab.together import mortal

# Before a command that writes for long: it dies, with all that it started, when the caller does.
# What `kill -9` leaves would otherwise still be writing while the next run begins anew. Its mounts
# are slaves: it does not hold a disk that is unmounted meanwhile.
MORTAL = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
    *("--propagation", "slave"),
)
LAST = 15  # lines of what a command printed that are told when it failed


class CommandFailed(Exception):
    """A command ended badly; the message holds it and the end of what it printed."""


@contextmanager
def _worded(words: Sequence[str]) -> Iterator[None]:
    """Say how a command failed in the same words, however it was run."""
    command = shlex.join(words)
    try:
        yield
    except FileNotFoundError as missing:
        raise CommandFailed(f"{words[0]}: not installed ({missing})") from missing
    except subprocess.TimeoutExpired as late:
        raise CommandFailed(f"{command}: no end after {late.timeout:g} s") from late
    except subprocess.CalledProcessError as bad:
        output = "\n".join(bad.output.strip().splitlines()[-LAST:])
        raise CommandFailed(f"{command}: exit status {bad.returncode}\n{output}") from bad


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

    def start() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        given = subprocess.DEVNULL if stdin is None else pipe
        return subprocess.Popen(
            words,
            stdin=given,
            stdout=pipe,
            stderr=pipe,
            env=env,
            cwd=cwd,
            text=True,
            errors="replace",
        )

    with _worded(words):
        with mortal(start) as process:
            printed, complained = process.communicate(stdin, timeout)
        if process.returncode not in ok:
            output = complained.strip() or printed
            raise subprocess.CalledProcessError(process.returncode, words, output)
    return printed


def follow(*command: str | Path, tell: Callable[[str], None], timeout: float) -> None:
    """Run a command and hand on each line that it prints; raises CommandFailed as `run` does."""
    words = [str(word) for word in command]
    last: deque[str] = deque(maxlen=LAST)
    late = Event()

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def end() -> None:
        late.set()
        process.kill()

    with _worded(words):
        with mortal(start) as process:
            timer = Timer(timeout, end)
            timer.start()
            try:
                for line in process.stdout or ():
                    last.append(line.rstrip())
                    tell(line.rstrip())
            finally:
                timer.cancel()
        if process.returncode and late.is_set():
            raise subprocess.TimeoutExpired(words, timeout)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, words, "\n".join(last))
