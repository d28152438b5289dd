"""The machines under test: the checked platform, and a testinfra host for each machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import testinfra
from testinfra.host import Host

import spec
from spec import CHECKOUT, Machine, Platform
from spec.inventory import HostData


@dataclass(frozen=True)
class Fleet:
    """An inventory as it stands: read once, connected to on first use."""

    data: tuple[HostData, ...]
    platform: Platform

    @staticmethod
    @cache
    def read(inventory: str, group_data: tuple[str, ...] = ()) -> Fleet:
        """Ask pyinfra for the merged inventory, so that tests see what a deploy sees."""
        extra = [word for folder in group_data for word in ("--group-data", folder)]
        pyinfra = Path(sys.executable).with_name("pyinfra")
        told = subprocess.run(
            [pyinfra, inventory, "debug-inventory", "--json", *extra],
            cwd=CHECKOUT,
            check=True,
            capture_output=True,
            text=True,
        )
        rows = json.loads(told.stdout)
        data = tuple(HostData(row["name"], row["groups"], row["data"]) for row in rows)
        return Fleet(data, spec.load(data))

    @cached_property
    def hosts(self) -> dict[str, Host]:
        """A testinfra host for each machine, as root, by the machine's name."""
        return {host.name: _connect(host.data) for host in self.data}

    def host(self, machine: Machine) -> Host:
        """The testinfra host of a machine."""
        return self.hosts[machine.name]

    def open_from(self, source: Host, target: Machine, candidates: Iterable[int]) -> set[int]:
        """Which of these TCP ports of `target` take a connection from `source`."""
        ports = " ".join(str(port) for port in sorted(set(candidates)))
        knock = (
            f"for port in {ports}; do (timeout 2 bash -c"
            f' "exec 3<>/dev/tcp/{target.address}/$port" 2>/dev/null && echo $port) & done; wait'
        )
        return {int(port) for port in source.check_output(knock).split()}

    def listening(self, machine: Machine) -> set[int]:
        """TCP ports that something on a machine listens on, loopback aside."""
        lines = self.host(machine).check_output("ss -Hltn").splitlines()
        addresses = [line.split()[3].rpartition(":")[::2] for line in lines]
        local = ("127.", "[::1]", "::1")
        return {int(port) for address, port in addresses if not address.startswith(local)}


def _connect(data: Any) -> Host:
    known = data.get("ssh_known_hosts_file")
    extra = f"-o UserKnownHostsFile={known}" if known else "-o StrictHostKeyChecking=accept-new"
    # A connection costs more than most questions: the first one stays open for the next ones.
    extra += f" -o ControlPath={_sockets().name}/%h-%p"
    return testinfra.get_host(
        f"ssh://{data['ssh_user']}@{data['ssh_hostname']}:{data.get('ssh_port') or 22}",
        sudo=True,
        ssh_identity_file=data.get("ssh_key"),
        ssh_extra_args=f"{extra} -o BatchMode=yes",
    )


@cache
def _sockets() -> TemporaryDirectory[str]:
    """Where these connections are, until the tests end."""
    return TemporaryDirectory(prefix="threebody-")
