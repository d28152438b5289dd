"""What machines must be to each other."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping

from pyinfra.api.host import Host

from facts.machine import Probe
from spec import Mistake

# Tokens and certificates of one machine are not valid yet, or any more, on another.
CLOCKS_APART = 30  # seconds


def findings(seen: Mapping[Host, Probe]) -> Iterator[Mistake]:
    """Machines that are each other's copy, and machines whose time is not that of the others."""
    yield from _twins(seen)
    yield from _apart({host.name: probe.ahead for host, probe in seen.items() if probe.clock})


def _twins(seen: Mapping[Host, Probe]) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for host, probe in seen.items():
        twin = first.setdefault(probe.machine_id or host.name, host.name)
        if twin != host.name:
            reason = (
                f"has the machine id of {twin}: was it cloned? `rm /etc/machine-id"
                " /var/lib/dbus/machine-id; systemd-machine-id-setup`, and reboot it"
            )
            yield Mistake(host.name, "", "", reason)


def _apart(clocks: Mapping[str, float]) -> Iterator[Mistake]:
    """Machines whose clock is not what most of them have."""
    usual = statistics.median(clocks.values()) if clocks else 0
    for name, clock in clocks.items():
        if abs(clock - usual) > CLOCKS_APART:
            where = "ahead of" if clock > usual else "behind"
            reason = (
                f"its clock is {abs(clock - usual):.0f} s {where} the other machines':"
                " set it (`timedatectl set-time`), or let it reach an NTP server"
            )
            yield Mistake(name, "", "", reason)
