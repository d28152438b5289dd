"""What happens around connecting: options and settings that hold, connections that work."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from gevent.hub import Hub
from gevent.lock import RLock
from pyinfra import logger
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import BaseStateCallback, State, StateStage

import askpass
import host_keys
import spec
from facts.letters import in_plain_letters
from spec import Platform
from spec.checks_docker_host import in_plain_text, unchecked
from spec.end_of_life import ended
from spec.environment import environment
from spec.errors import Mistake, Refused
from spec.inventory import HostData
from spec.lines import past_its_end
from spec.secrets import SECRETS_FILE, invent

# A machine that says nothing is asked whether it is there, and given up after a minute in all.
ASKED_EVERY, GIVEN_UP_AFTER = 15, 40  # seconds


def watch(state: State, refuses: bool = True) -> Connection:
    """Refuse options that break the order of layers, and listen to every connection.

    Unless it `refuses` them, machines that cannot be reached are its `mistakes`, and nothing else.
    For config.py, which pyinfra runs before the state takes listeners: they join when it does.
    """
    context = click.get_current_context(silent=True)
    options = context.params if context else {}
    for option in ("serial", "no_wait"):
        if options.get(option):
            raise Refused(
                f"--{option.replace('_', '-')} is refused: layers depend on each other"
                " across machines (a worker joins what the control plane has started), and this"
                " option runs one machine to the end before the others, or without waiting for"
                " them. Use --parallel N for fewer machines at once, or --limit for some of them.",
                (),
            )
    planned = options.get("dry") or options.get("debug_operations")
    state.only_planned = bool(planned)  # type: ignore[attr-defined]
    # The run that sets everything up begins with secrets, too; the others are for a platform.
    invents = any(Path(path).name == "deploy.py" for path in options.get("operations") or ())
    # A refusal is a sentence, no crash: gevent need not print where in the code it came from.
    Hub.NOT_ERROR = (*Hub.NOT_ERROR, Refused)
    start, connection = state.init, Connection(invents, refuses)

    def start_and_listen(inventory: Inventory, config: Any, initial_limit: Any = None) -> None:
        start(inventory, config, initial_limit=_without_gone(inventory, initial_limit))
        state.add_callback_handler(connection)  # type: ignore[no-untyped-call]

    state.init = start_and_listen  # type: ignore[method-assign]
    return connection


def _without_gone(inventory: Inventory, limit: Sequence[Host] | None) -> Sequence[Host] | None:
    """Nobody dials a machine that a person says is off for good."""
    if os.environ.get("GONE") != "1":
        return limit
    gone = os.environ.get("NODE", "")
    return [it for it in limit or inventory if gone not in (it.name, it.name.rpartition("/")[2])]


def checked(inventory: Iterable[Host]) -> Platform:
    """What an inventory and its settings say, checked; raises Refused with all mistakes."""
    return spec.load(
        HostData(host.name, host.groups, host.data.dict())  # type: ignore[no-untyped-call]
        for host in inventory
    )


class Connection(BaseStateCallback):
    """What happens around connecting; pyinfra calls it, for every host."""

    def __init__(self, invents: bool, refuses: bool) -> None:
        self.invents, self.refuses = invents, refuses
        self.answered = 0
        self.mistakes: list[Mistake] = []

    def host_before_connect(self, state: State, host: Host) -> None:  # type: ignore[override]
        """Check the settings once, before the first connection."""
        if state.current_stage != StateStage.Connect or hasattr(self, "platform"):
            return
        # At a terminal pyinfra would offer to go on without the hosts that failed.
        state.should_raise_failed_hosts = None
        if self.invents:
            invent(SECRETS_FILE)
        self.platform = checked(state.inventory)
        for machine in state.inventory:
            host_keys.expect(machine)
        minor, registry = self.platform.k8s_node.kubernetes_minor, self.platform.docker_host
        today = datetime.now(UTC).date()
        old = past_its_end(minor, today), ended(self.platform, today)
        for told in filter(None, (*old, in_plain_text(registry), unchecked(registry))):
            logger.warning(told)

    def host_connect(self, state: State, host: Host) -> None:  # type: ignore[override]
        """Make the connection fast and lasting, and commands those of any machine."""
        _send_at_once(host)
        _speak_to_any_shell(host)
        _run_one_at_a_time(host)
        host.data._env = environment(self.platform)
        if host.data.get("ssh_user") == "root":
            host.data._sudo = False  # it need not be installed
        # Also of a host that is reached later, by another one's question: with --limit.
        askpass.put(host, self.platform.secrets.sudo_password)
        if state.current_stage == StateStage.Connect:
            self._one_more(state)

    def host_connect_error(self, state: State, host: Host, error: Any) -> None:  # type: ignore[override]
        """Say what to look at when a machine cannot be reached."""
        if state.current_stage != StateStage.Connect:
            return
        where = f"{host.data.get('ssh_user')}@{host.data.get('ssh_hostname') or host.name}"
        seen = host_keys.seen(host)
        if seen and not seen.is_known:
            hint = seen.refusal
        elif "Authentication" in str(error):
            hint = f"{where} takes none of your keys: check ssh_user, ssh_key, authorized_keys"
        else:
            hint = f"{where} does not answer on SSH: is it on, and is the address right?"
        self.mistakes.append(Mistake(host.name, "", "", hint))
        self._one_more(state)

    def host_disconnect(self, state: State, host: Host) -> None:  # type: ignore[override]
        """Sum up what a run changed, once, in words that a person looks for."""
        askpass.remove(host)
        self.answered -= 1
        if (
            state.is_executing
            and state.current_stage == StateStage.Disconnect
            and not self.answered
        ):
            operations = [
                operation.operation_meta
                for done in state.ops.values()
                for operation in done.values()
                if operation.operation_meta.is_complete()
            ]
            changed = sum(operation.did_change() for operation in operations)
            logger.info(f"--> {changed} changed, {len(operations) - changed} as they should be")

    def operation_host_error(  # type: ignore[override]
        self, state: State, host: Host, op_hash: str, retry_count: int = 0, max_retries: int = 0
    ) -> None:
        """Say that it was the connection which failed, and no command."""
        transport = askpass.transport(host)
        if transport is not None and not transport.is_active():
            logger.error(
                f"{host.print_prefix}its connection broke: is it on, and in the network? What it"
                " was at may go on there; run again when it answers"
            )

    def _one_more(self, state: State) -> None:
        """The last host to answer speaks for all of them."""
        self.answered += 1
        expected = sum(1 for host in state.inventory if state.is_host_in_limit(host))
        if self.answered == expected and self.mistakes and self.refuses:
            for answered in state.inventory:
                askpass.remove(answered)  # a run that is refused does not disconnect
            raise Refused("Not every machine can be reached; nothing was touched.", self.mistakes)


def _send_at_once(host: Host) -> None:
    """Send every command at once, and notice a machine that has died without a word."""
    transport = askpass.transport(host)
    if transport is None:
        return
    # Paramiko leaves Nagle's algorithm on: 40 ms for each command (paramiko/paramiko#175).
    transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport.set_keepalive(ASKED_EVERY)
    # It wakes up ten times a second to see whether it is to go on; closing wakes it up anyway.
    transport.sock.settimeout(1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: what is sent and not acknowledged
        milliseconds = GIVEN_UP_AFTER * 1000
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _speak_to_any_shell(host: Host) -> None:
    """Send commands in letters that csh and fish take as they are, between quotes too."""
    client = getattr(host.connector, "client", None)
    if client is None:
        return
    execute: Callable[..., Any] = client.exec_command

    def execute_anywhere(command: str, *extra: Any, **options: Any) -> Any:
        return execute(in_plain_letters(command), *extra, **options)

    client.exec_command = execute_anywhere


def _run_one_at_a_time(host: Host) -> None:
    """Let a command wait for the one before it: sshd lets few sessions into a connection.

    A machine's own come in order anyway; those that many workers have for the control plane do not.
    """
    run: Callable[..., Any] = host.connector.run_shell_command
    turn = RLock()

    def run_in_turn(*arguments: Any, **options: Any) -> Any:
        with turn:
            return run(*arguments, **options)

    setattr(host.connector, "run_shell_command", run_in_turn)  # noqa: B010 - of this one connection
