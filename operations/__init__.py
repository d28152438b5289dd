"""What pyinfra lacks, or does in more round trips than needed: one subject a module."""

from collections.abc import Generator

from pyinfra.api.command import StringCommand

Commands = Generator[StringCommand, None, None]
