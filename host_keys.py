"""Which key a machine proves itself by: known before anything secret is sent to it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paramiko import PKey, SSHException
from pyinfra.api.host import Host
from pyinfra.connectors.sshuserclient.client import get_ssh_config

SSH_PORT = 22
USUAL = "~/.ssh/known_hosts"


@dataclass(frozen=True)
class Seen:
    """The host key that a machine has shown, and the one of that kind that is known of it."""

    machine: str
    name: str  # as known_hosts calls it
    key: PKey
    known: PKey | None
    file: Path  # where it is looked for
    in_inventory: bool

    @property
    def is_known(self) -> bool:
        """Whether it is the key that was expected."""
        return self.key == self.known

    @property
    def on_console(self) -> str:
        """The command that prints the same fingerprint on the machine itself."""
        kind = self.key.get_name().removeprefix("ssh-").partition("-")[0]
        return f"ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub"

    @property
    def refusal(self) -> str:
        """Why nothing was sent to it, and what to do."""
        came = f"{self.name} shows the host key {self.key.fingerprint}"
        record = f"write `{self.line}` into it" if self.in_inventory else "`make trust` records it"
        return (
            f"{came}, {self._expected}. If `{self.on_console}` on its console prints the same,"
            f" {record}; if not, somebody else answers there"
        )

    @property
    def _expected(self) -> str:
        source = "host_key in the inventory" if self.in_inventory else str(self.file)
        if self.known:
            return f"and {source} has {self.known.fingerprint}: was the machine set up anew?"
        return f"which {source} does not have"

    @property
    def line(self) -> str:
        """The key as files have it: its kind, and itself."""
        return f"{self.key.get_name()} {self.key.get_base64()}"


def expect(host: Host) -> None:
    """Connect to nobody who does not prove himself by a key that is known.

    pyinfra's own default believes a first key, whoever shows it.
    """
    data = _settings(host)
    if "ssh_strict_host_key_checking" not in data:
        return  # of a connector that is not SSH's
    data["ssh_strict_host_key_checking"] = "yes"
    key = host.data.get("host_key")
    if key and "host_key" not in host.connector_data:
        listed = tempfile.NamedTemporaryFile("w", prefix="known_hosts-")  # noqa: SIM115
        listed.write(f"{_name(host)} {key}\n")
        listed.flush()
        host.connector_data["host_key"] = listed  # as long as the run lasts
        data["ssh_known_hosts_file"] = listed.name


def seen(host: Host) -> Seen | None:
    """What the machine has shown when it was last asked; nothing where nobody answered."""
    client = getattr(host.connector, "client", None)
    transport = client and client.get_transport()
    if client is None or transport is None:
        return None
    try:
        key = transport.get_remote_server_key()
    except SSHException:  # it did not come so far
        return None
    name = _name(host)
    known = client.get_host_keys().lookup(name) or {}
    given = "host_key" in host.connector_data
    return Seen(host.name, name, key, known.get(key.get_name()), _file(host), given)


def _settings(host: Host) -> Any:
    return getattr(host.connector, "data", {})


def _name(host: Host) -> str:
    """How known_hosts calls a machine, whichever alias ~/.ssh/config gives it."""
    data, own = _settings(host), _in_ssh_config(host)
    name = own.get("hostname", _alias(host))
    port = int(data["ssh_port"] or own.get("port", SSH_PORT))
    return name if port == SSH_PORT else f"[{name}]:{port}"


def _file(host: Host) -> Path:
    """The first of the files in which pyinfra looks for keys: the one to write to."""
    given = _settings(host)["ssh_known_hosts_file"]
    configured = _in_ssh_config(host).get("userknownhostsfile", USUAL).split()[0]
    return Path(given or configured).expanduser()


def _in_ssh_config(host: Host) -> dict[str, str]:
    config = get_ssh_config(_settings(host)["ssh_config_file"])
    return dict(config.lookup(_alias(host))) if config else {}


def _alias(host: Host) -> str:
    return _settings(host)["ssh_hostname"] or host.name
