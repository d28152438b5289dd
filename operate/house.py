"""The platform from outside of a deploy: its inventory, its spec, connections to its machines."""

from __future__ import annotations

import pyinfra_cli  # isort: skip # noqa: F401 - patches the standard library for gevent: first

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import State, StateStage
from pyinfra.context import ctx_config, ctx_state
from pyinfra_cli.inventory import make_inventory_from_files

import connection
import spec
from facts.asking import on_each
from spec import HOUSE, Mistake, Platform, Refused
from tasks.preflight.look import look


@contextmanager
def connected(
    inventory: str, group_data: Sequence[str], limit: Sequence[str] = ()
) -> Iterator[tuple[Platform, tuple[Host, ...]]]:
    """Every machine of an inventory, or of a limit, connected, with the same checks as a deploy.

    Raises spec.Refused, or another PyinfraError, with a sentence for a person.
    """
    with _read(inventory, group_data) as state:
        hosts = _named(state.inventory, limit) if limit else list(state.inventory)
        state.limit_hosts = hosts
        state.set_stage(StateStage.Connect)
        try:
            connect_all(state)
            looks = on_each(hosts, look).values()
            if mistakes := [found for found in looks if isinstance(found, Mistake)]:
                raise Refused("Not every machine can be asked.", mistakes)
            yield spec.platform(), tuple(hosts)
        finally:
            disconnect_all(state)


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
    with _read(inventory, group_data) as state:
        return connection.checked(state.inventory)


@contextmanager
def _read(inventory: str, group_data: Sequence[str]) -> Iterator[State]:
    state = State(check_for_changes=False)
    config = Config(FAIL_PERCENT=0, SUDO=True)  # type: ignore[no-untyped-call]
    with ctx_state.use(state), ctx_config.use(config):
        machines = make_inventory_from_files(
            inventory, cwd=str(HOUSE), group_data_directories=list(group_data)
        )
        connection.watch(state)
        state.init(machines, config)
        yield state


__all__ = ["PyinfraError", "connected", "on_each", "platform"]
