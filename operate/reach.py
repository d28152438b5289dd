"""The platform from outside of a deploy: its inventory, its spec, connections to its machines."""

from __future__ import annotations

import pyinfra_cli  # isort: skip # noqa: F401 - patches the standard library for gevent: first

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import State, StateStage
from pyinfra.context import ctx_config, ctx_state
from pyinfra_cli.inventory import make_inventory_from_files

import spec
from connection import Connection, checked, watch
from facts.asking import on_each
from facts.probe import Probe
from spec import CHECKOUT, Mistake, Platform, Refused
from tasks.preflight import asked
from tasks.preflight.look import look


@dataclass(frozen=True)
class Connected:
    """A checked platform, its machines that can be asked, and why the others cannot."""

    platform: Platform
    hosts: tuple[Host, ...]
    mute: tuple[Mistake, ...]
    seen: Mapping[str, Probe]  # by the machine's name


@contextmanager
def connected(
    inventory: str, group_data: Sequence[str], limit: Sequence[str] = ()
) -> Iterator[Connected]:
    """Every machine of an inventory, or of a limit, that can be asked.

    Raises spec.Refused, or another PyinfraError, with a sentence for a person.
    """
    with _read(inventory, group_data) as (state, connection):
        if limit:
            state.limit_hosts = _named(state.inventory, limit)
        state.set_stage(StateStage.Connect)
        try:
            _connect(state)
            looks = on_each(tuple(state.inventory.get_active_hosts()), look)
            wrong = [found for found in looks.values() if isinstance(found, Mistake)]
            able = {host: found for host, found in looks.items() if isinstance(found, Probe)}
            seen = {host.name: found for host, found in able.items()}
            platform = replace(spec.platform(), asked=asked(spec.platform(), seen))
            yield Connected(platform, tuple(able), (*connection.mistakes, *wrong), seen)
        finally:
            disconnect_all(state)


@contextmanager
def machines(
    inventory: str, group_data: Sequence[str], limit: Sequence[str] = ()
) -> Iterator[tuple[Host, ...]]:
    """The machines of an inventory, or of a limit; nothing is checked, nobody is connected to."""
    with _read(inventory, group_data) as (state, _):
        yield tuple(_named(state.inventory, limit) if limit else state.inventory)


def _connect(state: State) -> None:
    try:
        connect_all(state)
    except Refused:
        raise
    except PyinfraError:
        if state.active_hosts:
            raise  # it is no error of ours that nobody is there


def _named(inventory: Inventory, names: Sequence[str]) -> list[Host]:
    """The machines of these names, or in groups of these names, as pyinfra's --limit has it."""
    known = {host: {host.name, *host.groups} for host in inventory}
    every = set().union(*known.values())
    if unknown := [name for name in names if name not in every]:
        raise PyinfraError(
            f"--limit {unknown[0]}: no such machine or group; there are {', '.join(sorted(every))}"
        )
    return [host for host, own in known.items() if own & set(names)]


def platform(inventory: str, group_data: Sequence[str]) -> Platform:
    """The checked platform of an inventory, without a connection to any machine.

    Raises spec.Refused, or another PyinfraError, with a sentence for a person.
    """
    with _read(inventory, group_data) as (state, _):
        return checked(state.inventory)


@contextmanager
def _read(inventory: str, group_data: Sequence[str]) -> Iterator[tuple[State, Connection]]:
    state = State(check_for_changes=False)
    config = Config(FAIL_PERCENT=100, SUDO=True)  # type: ignore[no-untyped-call]
    with ctx_state.use(state), ctx_config.use(config):
        machines = make_inventory_from_files(
            inventory, cwd=str(CHECKOUT), group_data_directories=list(group_data)
        )
        connection = watch(state, refuses=False)
        state.init(machines, config)
        yield state, connection


__all__ = ["PyinfraError", "connected", "machines", "on_each", "platform"]
