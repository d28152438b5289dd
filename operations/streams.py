"""Bytes from a machine and to it: the input or the output of a command, as it is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, BinaryIO, cast

from paramiko import SSHException
from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host
from pyinfra.connectors.util import make_unix_command_for_host

from facts.letters import in_plain_letters

BLOCK = 1 << 18  # bytes


class Broken(Exception):
    """A command did not come to its end, or not well; the message is a sentence for a person."""


def opened(host: Host, transport: Any, words: Sequence[str], within: float | None = None) -> Any:
    """The channel of a command that runs as root; `within`: seconds in which it says something."""
    told = shlex.join(words)
    # sudo must not ask anybody.
    helped = bool(host.connector_data.get("prompted_sudo_password"))
    root = f"if [ $(id -u) = 0 ]; then exec {told}; else exec sudo -n {told}; fi"
    command = make_unix_command_for_host(
        host.state, host, StringCommand(root), **({"_sudo": True} if helped else {})
    )
    channel = transport.open_session()
    channel.settimeout(within)
    channel.exec_command(in_plain_letters(command.get_raw_value()))
    return channel


def receive(host: Host, words: Sequence[str], target: BinaryIO) -> None:
    """Write to `target` what a command prints; raises Broken when it did not end well."""
    channel = _channel(host, words)
    try:
        while block := channel.recv(BLOCK):
            target.write(block)
    except OSError as error:
        raise Broken(f"its connection broke: {error}") from error
    _end(channel)


def answer(host: Host, words: Sequence[str]) -> str:
    """The few words that a command prints; raises Broken when it did not end well."""
    target = BytesIO()
    receive(host, words, target)
    return target.getvalue().decode(errors="replace").strip()


@contextmanager
def output(host: Host, words: Sequence[str]) -> Iterator[IO[bytes]]:
    """What a command prints, to be read to its end; raises Broken when it did not end well."""
    channel = _channel(host, words)
    try:
        yield channel.makefile("rb", BLOCK)
    except Exception:
        # Whoever finds that something is missing does not know why.
        if channel.exit_status_ready():
            _end(channel)
        raise
    else:
        _end(channel)
    finally:
        channel.close()


def send(host: Host, words: Sequence[str], source: IO[bytes]) -> None:
    """Give a command `source` as its input; raises Broken when it did not end well."""
    channel = _channel(host, words)
    try:
        while block := source.read(BLOCK):
            channel.sendall(block)
        channel.shutdown_write()
    except OSError:
        pass  # it has ended early: it says why
    _end(channel)


class _Into:
    """What is written to it goes to a command as its input."""

    def __init__(self, channel: Any) -> None:
        self.write = channel.sendall


def relay(source: Host, words: Sequence[str], target: Host, takes: Sequence[str]) -> None:
    """Give what a command prints to another machine's as its input; nothing of it is kept here.

    Raises Broken when either did not end well.
    """
    into = _channel(target, takes)
    try:
        receive(source, words, cast(BinaryIO, _Into(into)))
        into.shutdown_write()
    except (OSError, Broken):
        if not into.exit_status_ready():
            into.close()
            raise
    _end(into)  # it has ended early: it says why


def _channel(host: Host, words: Sequence[str]) -> Any:
    client: Any = getattr(host.connector, "client", None)
    if client is None:
        raise Broken("it is not reached by SSH, which this needs")
    try:
        return opened(host, client.get_transport(), words)
    except (OSError, SSHException) as error:
        raise Broken(f"its connection broke: {error}") from error


def _end(channel: Any) -> None:
    output = channel.makefile_stderr("r").read()
    status = channel.recv_exit_status()
    channel.close()
    if status:
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        raise Broken(text.strip() or "its connection broke, or it ended without a word")
