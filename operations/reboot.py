"""A machine that starts anew, and a run that goes on with it."""

from __future__ import annotations

import time
from collections.abc import Callable

from paramiko import SSHException
from pyinfra import host
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.asking import ask
from facts.updates import BOOT, Updates
from operations import Commands, failed, operation, tell

WITHIN = 600  # seconds until it answers again: a real machine tests its memory first
SETTLED = 300  # and until its units have started


@operation()
def reboot(held_again: Callable[[Host], str]) -> Commands:
    """Have nothing run that is older than what is installed; the run then holds the machine again.

    `held_again` says "held", or why it does not.
    """
    before = ask(host, Updates)
    if not before.reboot:
        return
    tell(f"reboots: {', '.join(before.reboot)}")
    # It answers first, and then goes.
    yield StringCommand("(sleep 1; systemctl reboot) </dev/null >/dev/null 2>&1 &")
    yield FunctionCommand(_back, (before.boot, held_again), {})
    yield StringCommand(f"timeout {SETTLED} systemctl is-system-running --wait >/dev/null; :")


# pyinfra gives both to a function that calls them so.
def _back(state: State, host: Host, before: str, held_again: Callable[[Host], str]) -> bool:
    end = time.monotonic() + WITHIN
    while not _has_started_since(host, before):
        if time.monotonic() > end:
            return failed(
                host,
                f"does not answer {WITHIN} s after it was told to reboot: look at its console, and"
                " run again when it is up",
            )
        time.sleep(2)
    answer = held_again(host)
    return answer == "held" or failed(host, f"is somebody else's since its reboot: {answer}")


def _has_started_since(machine: Host, before: str) -> bool:
    """Whether a new connection finds another boot; one that breaks meanwhile finds none."""
    try:
        machine.connector.client.close()  # type: ignore[attr-defined]
        machine.connected = False
        machine.connect(show_errors=False)
        if not machine.connected:
            return False
        went, output = machine.run_shell_command(StringCommand(f"cat {BOOT}"))
    except (OSError, EOFError, SSHException):
        return False
    return went and output.stdout.strip() != before
