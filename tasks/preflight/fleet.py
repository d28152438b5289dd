"""What machines must be to each other."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping

from facts.probe import Probe
from spec import Mistake, Platform
from tasks.preflight.finding import Note

# Tokens and certificates of one machine are not valid yet, or any more, on another.
CLOCKS_APART = 30  # seconds
FROM_HERE = 1800  # whoever keeps no time zone apart is off by hours


def findings(platform: Platform, seen: Mapping[str, Probe]) -> Iterator[Mistake | Note]:
    """Copies of each other, clocks that are not those of the others, an address that is taken."""
    yield from _twins(seen)
    yield from _cards(seen)
    yield from _taken(platform, seen)
    yield from _apart({name: probe.ahead for name, probe in seen.items() if probe.system.clock})


def _taken(platform: Platform, seen: Mapping[str, Probe]) -> Iterator[Mistake]:
    """Somebody else has the address that is to be the control plane's."""
    if any(control.name not in seen for control in platform.controls):
        return  # one that was not looked at may have it
    own = {probe.kernel.mac for probe in seen.values()}
    strangers = {probe.kernel.virtual for probe in seen.values()} - own - {""}
    for card in sorted(strangers):
        reason = f"somebody else answers there, with the card {card}: free it, or write another one"
        address = platform.k8s_control.control_plane_address
        yield Mistake("k8s_control", "control_plane_address", f"{address}", reason)


def _twins(seen: Mapping[str, Probe]) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for name, probe in seen.items():
        twin = first.setdefault(probe.system.machine_id or name, name)
        if twin == name:
            continue
        if _is_one(probe, seen[twin]):
            reason = f"is {twin} under another name: each name wants a machine of its own"
        else:
            reason = (
                f"has the machine id of {twin}: was it cloned? `rm /etc/machine-id"
                " /var/lib/dbus/machine-id; systemd-machine-id-setup`, and reboot it"
            )
        yield Mistake(name, "", "", reason)


def _is_one(probe: Probe, other: Probe) -> bool:
    """Whether it is one machine under two names, and no copy."""
    boot = probe.system.boot_id
    return bool(boot) and boot == other.system.boot_id


def _cards(seen: Mapping[str, Probe]) -> Iterator[Note]:
    """Copies whose card was copied as well: harmless only where a router is between them."""
    first: dict[str, str] = {}
    for name, probe in seen.items():
        mac = probe.kernel.mac
        if not mac.strip("0:"):
            continue  # of a tunnel
        twin = first.setdefault(mac, name)
        if twin != name and not _is_one(probe, seen[twin]):
            yield Note(
                name,
                f"its card has the hardware address of {twin}'s, {mac}: where no router is between"
                " them, give one another (the hypervisor's settings of its virtual machine)",
            )


def _apart(clocks: Mapping[str, float]) -> Iterator[Mistake | Note]:
    """Machines whose clock is not what most of them have, or all of them, where it is not ours."""
    usual = statistics.median(clocks.values()) if clocks else 0
    if abs(usual) > FROM_HERE:
        where = "ahead of" if usual > 0 else "behind"
        apart = (
            f"clocks are {abs(usual) / 3600:.0f} h {where} this computer's: where they are wrong,"
        )
        yield Note("the machines", f"{apart} nobody believes packages' and other certificates")
    for name, clock in clocks.items():
        if abs(clock - usual) > CLOCKS_APART:
            where = "ahead of" if clock > usual else "behind"
            reason = (
                f"its clock is {abs(clock - usual):.0f} s {where} the other machines':"
                " set it (`timedatectl set-time`), or let it reach an NTP server"
            )
            yield Mistake(name, "", "", reason)
