"""Verbs of a lab, as somebody types them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from lab import CHECKOUT, Lab, outer, verbs

WITHIN = 600  # seconds for a verb, the whole of `make lab` on bare machines among them
# These tests stand in the lab's network; the verbs are typed outside of it.
OUTSIDE = (
    "nsenter",
    f"--net={outer.namespace('net')}",
    f"--mount={outer.namespace('mnt')}",
    f"--wd={CHECKOUT}",
)


def words(lab: Lab, *arguments: str) -> list[str]:
    """The words of a verb, or of `make lab` without one, typed outside of the lab."""
    return [*OUTSIDE, sys.executable, "-m", "lab", "--name", lab.name, *arguments]


def verb(lab: Lab, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end, with `more` in its environment."""
    return subprocess.run(
        words(lab, *arguments),
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )


def kill(lab: Lab, seconds: float, *arguments: str) -> None:
    """Run a verb, and kill it after so many seconds, unless it has ended by then."""
    running = subprocess.Popen(words(lab, *arguments), stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    running.send_signal(signal.SIGKILL)
    running.wait()


def interrupt(lab: Lab, seconds: float, how: signal.Signals, *arguments: str) -> None:
    """Run a verb, and end it after so many seconds: SIGINT is Ctrl-C, and reaches all of it."""
    running = subprocess.Popen(
        words(lab, *arguments),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    assert running.poll() is None, f"it had ended before: status {running.returncode}"
    if how is signal.SIGINT:
        os.killpg(running.pid, how)
    else:
        running.send_signal(how)
    assert running.wait(60) == (verbs.INTERRUPTED if how is signal.SIGINT else -how)
