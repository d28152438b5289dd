"""Doors of machines as somebody finds them: open or shut, from here or from elsewhere, or taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lab import Lab
from lab.machines import Machine
from lab.network import BRIDGE
from lab.shell import run

ELSEWHERE = "172.31.9.9"  # outside of the node network
NEIGHBOUR = "192.168.56.66"  # inside of it, and no machine of the platform


@contextmanager
def from_elsewhere(
    lab: Lab, machine: Machine, address: str = ELSEWHERE, beyond: Sequence[str] = ()
) -> Iterator[None]:
    """What goes to a machine, and by it to networks beyond, comes from `address` meanwhile."""
    here = ("ip", "-n", lab.netns)
    routes: list[tuple[str, ...]] = [(f"{machine.address}/32", "dev", BRIDGE)]
    routes += [(network, "via", machine.address, "dev", BRIDGE) for network in beyond]
    run(*here, "address", "add", f"{address}/32", "dev", BRIDGE)
    try:
        for route in routes:
            run(*here, "route", "replace", *route, "src", address)
        yield
    finally:
        for route in reversed(routes):
            run(*here, "route", "del", *route, ok=(0, 2))  # 2: it was not made
        run(*here, "address", "del", f"{address}/32", "dev", BRIDGE)


def connects(address: str, port: int) -> bool:
    """Whether a port at an address takes a connection from here."""
    try:
        with socket.create_connection((address, port), timeout=1.5):
            return True
    except OSError:
        return False


def replies(address: str, port: int, question: bytes) -> bool:
    """Whether anything comes back from a UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1.5)
        try:
            asking.connect((address, port))
            asking.send(question)
            return bool(asking.recv(512))
        except OSError:
            return False


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
