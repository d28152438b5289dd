"""A machine's own name."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation

from facts.machine import MachineFact
from operations import Commands


@operation()
def named(hostname: str) -> Commands:
    """Have this host name, live and static."""
    machine = host.get_fact(MachineFact)
    if (machine.hostname, machine.static_hostname) != (hostname, hostname):
        yield StringCommand(f"hostnamectl set-hostname {shlex.quote(hostname)}")
