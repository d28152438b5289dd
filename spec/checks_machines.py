"""Checks of the machines: their names, their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter, ValidationError

from spec.errors import Mistake
from spec.platform import Machine
from spec.settings import All, Settings
from spec.types import Hostname

_HOSTNAME: TypeAdapter[str] = TypeAdapter(Hostname)


def machines(machines: Sequence[Machine], common: Settings | None) -> Iterable[Mistake]:
    """What is wrong with the machines, and with them in the network that they share."""
    yield from _names(machines)
    yield from _addresses(machines, common)


def _names(machines: Iterable[Machine]) -> Iterable[Mistake]:
    known: dict[str, str] = {}
    for machine in machines:
        if machine.hostname in known:
            reason = f"{known[machine.hostname]} has this host name already"
            yield Mistake("inventory", "host name", machine.name, reason)
        known.setdefault(machine.hostname, machine.name)
        try:
            _HOSTNAME.validate_python(machine.hostname)
        except ValidationError as error:
            reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            yield Mistake("inventory", "host name", machine.name, reason)


def _addresses(machines: Sequence[Machine], common: Settings | None) -> Iterable[Mistake]:
    taken: dict[str, str] = {}
    for machine in machines:
        address = str(machine.address)
        if address in taken:
            reason = f"{taken[address]} has this address already"
            yield Mistake(machine.name, "address", address, reason)
        taken.setdefault(address, machine.name)
        if isinstance(common, All) and machine.address not in common.node_network:
            reason = f"outside of node_network {common.node_network}"
            yield Mistake(machine.name, "address", address, reason)
        elif isinstance(common, All) and machine.address in (
            common.node_network.network_address,
            common.node_network.broadcast_address,
        ):
            reason = f"not an address of a host in node_network {common.node_network}"
            yield Mistake(machine.name, "address", address, reason)
