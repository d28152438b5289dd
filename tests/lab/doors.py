"""Doors of machines as somebody finds them: open or shut, from here or from elsewhere, or taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from lab import Lab
from lab.machines import Machine
from lab.network import BRIDGE
from lab.shell import run

ELSEWHERE = "172.31.9.9"  # outside of the node network


@contextmanager
def from_elsewhere(lab: Lab, machine: Machine) -> Iterator[None]:
    """What goes to a machine meanwhile comes from ELSEWHERE."""
    here, route = ("ip", "-n", lab.netns), (f"{machine.address}/32", "dev", BRIDGE)
    run(*here, "address", "add", f"{ELSEWHERE}/32", "dev", BRIDGE)
    try:
        run(*here, "route", "replace", *route, "src", ELSEWHERE)
        yield
    finally:
        run(*here, "route", "del", *route, ok=(0, 2))  # 2: it was not made
        run(*here, "address", "del", f"{ELSEWHERE}/32", "dev", BRIDGE)


def answers(machine: Machine, port: int) -> bool:
    """Whether a port of a machine takes a connection from here."""
    try:
        with socket.create_connection((machine.address, port), timeout=3):
            return True
    except OSError:
        return False


@contextmanager
def held(machine: Machine, port: int) -> Iterator[None]:
    """Somebody else's program, perl, listens on a port of a machine."""
    listen = (
        "use IO::Socket::INET;"
        f" my $s = IO::Socket::INET->new(LocalPort => {port}, Listen => 1); sleep;"
    )
    machine.ssh(f"cat > /tmp/hold.pl <<'EOF'\n{listen}\nEOF")
    machine.ssh("sudo systemd-run --quiet --unit holder perl /tmp/hold.pl")
    try:
        yield
    finally:
        machine.ssh("sudo systemctl stop holder")
