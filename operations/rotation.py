"""A secret of secrets.env is turned over: the old value is beside it until nobody needs it."""

from __future__ import annotations

from pydantic import SecretStr
from pyinfra.api.command import FunctionCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from operations import Commands, operation
from spec.rotation import before_file
from spec.secrets import SECRETS_FILE
from spec.secrets_file import keep, read


@operation()
def start(secret: str, old: SecretStr, new: SecretStr) -> Commands:
    """Have the new value in secrets.env, and the old one where the next run finds it."""
    if SecretStr(_kept().get(secret, "")) != new:
        yield FunctionCommand(_begin, (secret, old, new), {})


@operation()
def finish() -> Commands:
    """Have the old value nowhere."""
    yield FunctionCommand(_end, (), {})


def _kept() -> dict[str, str]:
    return {entry.name: entry.value for entry in read(SECRETS_FILE)}


def _begin(state: State, host: Host, secret: str, old: SecretStr, new: SecretStr) -> None:
    # Killed in between, nothing was changed: both are the same.
    keep({secret: old.get_secret_value()}, before_file())
    keep({secret: new.get_secret_value()}, SECRETS_FILE)


def _end(state: State, host: Host) -> None:
    before_file().unlink(missing_ok=True)
