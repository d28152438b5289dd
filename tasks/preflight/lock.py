"""One run at a time on a machine: a lock that lives exactly as long as the run's connection."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from paramiko import SSHException
from pyinfra.api.host import Host

from operations import streams
from spec import Mistake

WITHIN = 30  # seconds until a machine has said whether the lock is ours
# What holds it is a process of the machine's, which ends when nobody is at the other end of its
# input: a run that was killed has closed that. One whose computer has lost power has closed nothing
# and acknowledges nothing any more, which the kernel notices in a quarter of an hour, and we in a
# minute. The run itself need not do anything for it, since it does nothing while a person reads
# its plan.
FILE = "/run/threebody.lock"
HOLD = r"""
umask 077
exec 9>>"$0" || exit 1
flock --wait 3 9 || { echo "taken $(cat "$0")"; exit 0; }
printf '%s\n' "$1" >"$0"
echo held
while read -r -t 10 || [ $? -gt 128 ]; do
  printf . || exit 0
  silent=$(ss -Htni "dport = :$2" 2>/dev/null | sed -n 's/.* lastack:\([0-9]*\).*/\1/p' |
    sort -n | head -n 1)
  [ "${silent:-0}" -lt 60000 ] || exit 0
done
"""


def taken(answers: Mapping[Host, str]) -> Iterator[Mistake]:
    """Who has the machines, where somebody else has; each of them is told once."""
    holders: dict[str, list[str]] = {}
    for host, answer in answers.items():
        if answer != "held":
            holders.setdefault(answer, []).append(host.name)
    for answer, names in holders.items():
        what, _, who = answer.partition(" ")
        if what == "taken":
            reason = (
                f"another run is under way, by {who or 'somebody'}: wait until it has ended, or end"
                " it there. One that was killed is over at once, one whose computer was switched"
                " off within two minutes. --dry and `make status` disturb nobody"
            )
        else:
            reason = f"cannot be locked for this run: {answer or 'no answer'}"
        yield Mistake(", ".join(names), "", "", reason)


class Lock:
    """A machine's lock, asked for; dropped when the connection ends."""

    def __init__(self, host: Host) -> None:
        client: Any = getattr(host.connector, "client", None)
        self.channel: Any = None
        self.failed = "held"  # no connection that could end: this machine itself, or none at all
        if client is None:
            return
        try:
            self.channel = _open(host, client.get_transport())
        except (OSError, SSHException) as failed:
            self.failed = f"{failed}: does sshd allow three sessions (MaxSessions)?"
        # Paramiko closes a channel that nobody knows any more.
        host.connector_data["run_lock"] = self.channel

    def answer(self) -> str:
        """`held`, `taken` by whom, or what else came of it."""
        if self.channel is None:
            return self.failed
        try:
            line: str = self.channel.makefile("r").readline().strip()
            return line or str(self.channel.makefile_stderr("r").read().strip())
        except OSError:
            return f"no answer within {WITHIN} s"


def _open(host: Host, transport: Any) -> Any:
    here = transport.sock.getsockname() if hasattr(transport.sock, "getsockname") else ("", 0)
    words = ["bash", "-c", HOLD, FILE, me(here[0]), f"{here[1]}"]
    return streams.opened(host, transport, words, within=WITHIN)


def me(address: str) -> str:
    """Who runs, from where, since when."""
    at = f" ({address})" if address else ""
    return f"{getpass.getuser()} on {socket.gethostname()}{at}, since {_since()}"


@cache
def _since() -> str:
    """One moment for every machine, so that all of them tell of one run."""
    return f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}"
