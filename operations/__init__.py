"""What pyinfra lacks, or does in more round trips than needed: one subject a module."""

import shlex
from collections.abc import Generator

from pyinfra.api.command import FunctionCommand, StringCommand

Commands = Generator[StringCommand | FunctionCommand, None, None]


def refuse(sentence: str) -> StringCommand:
    """A command that changes nothing, says why, and stops the run."""
    return StringCommand(f"echo {shlex.quote(sentence)} >&2; exit 1")
