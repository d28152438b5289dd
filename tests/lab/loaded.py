"""The programs of a run in a process that has loaded them: that takes longer than many a run.

Each run is a fork of it, with the arguments, environment and outputs of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from lab import CHECKOUT

PYINFRA, SMOKE, STATUS = "pyinfra", "operate.smoke", "operate.status"


def run(
    program: str, words: Sequence[str], env: Mapping[str, str], within: float
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs in this checkout to its end; TimeoutExpired after so many seconds."""
    server = _server()
    assert server.stdin and server.stdout
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        request = (program, list(words), dict(env), str(out), str(err))
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        pid = int(server.stdout.readline())
        late = Timer(within, os.kill, (pid, signal.SIGKILL))
        late.start()
        status = int(server.stdout.readline())
        late.cancel()
        if status == -signal.SIGKILL:
            raise subprocess.TimeoutExpired([program, *words], within)
        return subprocess.CompletedProcess(words, status, out.read_text(), err.read_text())


@cache
def _server() -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-m", __name__),
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _serve() -> None:
    """Fork for each line; its process id is the answer, and in the end its exit status."""
    from gevent import monkey
    from pyinfra_cli.main import main as pyinfra

    from operate.smoke import main as smoke
    from operate.status import main as status

    programs = {PYINFRA: pyinfra, SMOKE: smoke, STATUS: status}
    # Gevent's own would start what each run has to start for itself.
    fork, wait = (monkey.get_original("os", name) for name in ("fork", "waitpid"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for what runs, and for pytest
    for line in sys.stdin:
        program, words, env, *outputs = json.loads(line)
        if pid := fork():
            print(pid, flush=True)
            print(os.waitstatus_to_exitcode(wait(pid, 0)[1]), flush=True)
            continue
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(env)
        for stream, path in enumerate((os.devnull, *outputs)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), stream)
        sys.argv = [program, *words]
        sys.exit(programs[program]())


if __name__ == "__main__":
    _serve()
