"""A machine's own name."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.machine import MachineFact
from operations import Commands, operation


@operation()
def hostname(hostname: str) -> Commands:
    """Have this host name, live and static."""
    machine = ask(host, MachineFact)
    if (machine.hostname, machine.static_hostname) != (hostname, hostname):
        yield StringCommand(f"hostnamectl set-hostname {shlex.quote(hostname)}")
