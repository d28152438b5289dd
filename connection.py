"""What happens around connecting: options and settings that hold, connections that work."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from gevent.hub import Hub
from pyinfra import logger
from pyinfra.api.host import Host
from pyinfra.api.state import BaseStateCallback, State, StateStage
from pyinfra.connectors.util import remove_any_sudo_askpass_file

import spec
from spec import Platform
from spec.errors import Mistake, Refused
from spec.kubernetes import past_its_end
from spec.load import HostData
from spec.secrets import SECRETS_FILE, invent

ASKPASS = ".threebody-askpass"


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

    def start_and_listen(*arguments: Any, **more: Any) -> None:
        start(*arguments, **more)
        state.add_callback_handler(connection)  # type: ignore[no-untyped-call]

    state.init = start_and_listen  # type: ignore[method-assign]
    return connection


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
        minor = self.platform.k8s_node.kubernetes_minor
        if ended := past_its_end(minor, datetime.now(UTC).date()):
            logger.warning(ended)

    def host_connect(self, state: State, host: Host) -> None:  # type: ignore[override]
        """Make the connection fast, and give sudo its password."""
        _send_at_once(host)
        # Also of a host that is reached later, by another one's question: with --limit.
        _answer_sudo(host, self.platform.secrets.sudo_password)
        if state.current_stage == StateStage.Connect:
            self._one_more(state)

    def host_connect_error(self, state: State, host: Host, error: Any) -> None:  # type: ignore[override]
        """Say what to look at when a machine cannot be reached."""
        if state.current_stage != StateStage.Connect:
            return
        where = f"{host.data.get('ssh_user')}@{host.data.get('ssh_hostname') or host.name}"
        said = str(error)
        if "Authentication" in said:
            hint = f"{where} takes none of your keys: check ssh_user, ssh_key, authorized_keys"
        elif "host key" in said.lower():
            hint = f"{where} shows another host key than known_hosts has: was it set up anew?"
        else:
            hint = f"{where} does not answer on SSH: is it on, and is the address right?"
        self.mistakes.append(Mistake(host.name, "", "", hint))
        self._one_more(state)

    def host_disconnect(self, state: State, host: Host) -> None:  # type: ignore[override]
        """Sum up what a run changed, once, in words that a person looks for."""
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

    def _one_more(self, state: State) -> None:
        """The last host to answer speaks for all of them."""
        self.answered += 1
        expected = sum(1 for host in state.inventory if state.is_host_in_limit(host))
        if self.answered == expected and self.mistakes and self.refuses:
            for answered in state.inventory:
                remove_any_sudo_askpass_file(answered)  # a run that is refused does not disconnect
            raise Refused("Not every machine can be reached; nothing was touched.", self.mistakes)


def _send_at_once(host: Host) -> None:
    # Paramiko leaves Nagle's algorithm on: 40 ms for each command (paramiko/paramiko#175).
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if client else None
    if transport is not None:
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _answer_sudo(host: Host, password: Any) -> None:
    """Give sudo a helper that knows the password.

    pyinfra's own way puts the password into the command line of every command, where any user of
    the machine can read it; here it stands in a file that only the login user can open, for as long
    as the connection lasts.
    """
    client = getattr(host.connector, "client", None)
    if password is None or client is None:
        return
    with client.open_sftp() as sftp:
        path = f"{sftp.normalize('.')}/{ASKPASS}"
        with sftp.open(path, "w") as helper:
            sftp.chmod(path, 0o700)
            quoted = password.get_secret_value().replace("'", "'\\''")
            helper.write(f"#!/bin/sh\nprintf '%s\\n' '{quoted}'\n")
    # pyinfra asks the helper when it believes in a password, and removes it when it disconnects.
    host.connector_data["prompted_sudo_password"] = "asked-from-helper"  # noqa: S105
    temporary = host.get_temp_dir_config()  # type: ignore[no-untyped-call]
    host.connector_data[f"sudo_askpass_path__{temporary}"] = path
