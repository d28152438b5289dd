"""Secrets that a first run makes up: written once it is clear that there is no platform yet."""

from __future__ import annotations

from collections.abc import Mapping

from pyinfra import logger
from pyinfra.api.host import Host
from pyinfra.api.state import State

from spec import Mistake
from spec import secrets as own
from spec.secrets import SECRETS_FILE
from spec.secrets_file import keep as write
from tasks.preflight import kept


def findings(state: State, found: Mapping[Host, Mapping[kept.Kept, bool]]) -> list[Mistake]:
    """Why made-up secrets will not do: the platform is there, or may be where nobody looked."""
    names = ", ".join(own.invented())
    if not names:
        return []
    machines = ", ".join(host.name for host, kept_there in found.items() if kept_there)
    if machines:
        reason = (
            f"{names}: not here, and there is a platform ({machines}): {kept.BRING}."
            " One that is new in this version `make secrets` makes"
        )
        return [Mistake("secrets", SECRETS_FILE.name, "", reason)]
    if not all(state.is_host_in_limit(host) for host in state.inventory):
        reason = f"{names}: not here; the run that makes them is for all machines, without --limit"
        return [Mistake("secrets", SECRETS_FILE.name, "", reason)]
    return []


def keep() -> None:
    """Have them in secrets.env, for the runs after this one."""
    if made := own.invented():
        write(made, SECRETS_FILE)
        logger.info(f"--> {SECRETS_FILE.name} has new secrets: {', '.join(made)}")
        own.forget_invented()
