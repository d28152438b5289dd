"""What pyinfra lacks, or does in more round trips than needed: one subject a module."""

import shlex
from collections.abc import Generator

from pyinfra import host, logger, state
from pyinfra.api.command import FunctionCommand, StringCommand

Commands = Generator[StringCommand | FunctionCommand, None, None]


def refuse(sentence: str) -> StringCommand:
    """A command that changes nothing, says why, and stops the run; a plan says it as well."""
    if not state.is_executing:
        logger.warning(f"{host.print_prefix}{sentence}")
    return StringCommand(f"echo {shlex.quote(sentence)} >&2; exit 1")


def until(condition: str, within: int) -> str:
    """Shell that succeeds as soon as `condition` does, and fails after so many seconds."""
    return (
        f"{{ end=$(($(date +%s) + {within})); until {condition}; do"
        ' [ "$(date +%s)" -lt $end ] || break; sleep 1; done; '
        f'[ "$(date +%s)" -lt $end ]; }}'
    )
