"""What a machine is: distribution, room, names, and where the operator comes from."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from ipaddress import ip_address

from facts import Fact, told

# Runs before there is a plan. `sudo -n` fails instead of asking; "refused:" in front keeps pyinfra
# from asking at the terminal, which it does when a line says just that a password is required.
PROBE = r"""
if [ "$(id -u)" = 0 ]; then root=; else root='sudo -n'; fi
said=$($root true 2>&1) || { echo "refused: $said" >&2; exit 1; }
. /etc/os-release; echo "os $ID $VERSION_ID"
df -Pm / /opt /tmp /var /var/cache /var/lib | awk 'NR > 1 {print "free", $6, $4}'
awk '$1 == "MemTotal:" {print "memory", int($2 / 1024)}' /proc/meminfo
echo "id $(cat /etc/machine-id 2>/dev/null)"
echo "clock $(date +%s)"
"""


@dataclass(frozen=True)
class Probe:
    """The least that must be known before a plan is made."""

    distribution: str
    version: str
    free_mib: tuple[tuple[str, int], ...]  # mount point, MiB free
    memory_mib: int = 0
    machine_id: str = ""
    clock: int = 0  # seconds since 1970, as the machine has it
    asked: float = field(default_factory=time.time, compare=False)  # the same, as we have it

    @property
    def ahead(self) -> float:
        """Seconds that its clock is ahead of ours."""
        return self.clock - self.asked

    @staticmethod
    def parse(lines: Iterable[str]) -> Probe:
        """From what PROBE prints."""
        distribution = version = ""
        told: dict[str, str] = {}
        free: dict[str, int] = {}
        for line in lines:
            kind, *words = line.split()
            if kind == "os":
                distribution, version = (*words, "", "")[:2]
            elif kind == "free":
                free[words[0]] = int(words[1])
            else:
                told[kind] = "".join(words)
        return Probe(
            distribution,
            version,
            tuple(free.items()),
            memory_mib=int(told.get("memory", 0)),
            machine_id=told.get("id", ""),
            clock=int(told.get("clock", 0)),
        )


@dataclass(frozen=True)
class MachineState:
    """The names and neighbours of a machine as it stands."""

    distribution: str = ""  # debian, ubuntu
    release: str = ""  # 13, 24.04
    codename: str = ""  # trixie, noble
    architecture: str = ""  # amd64, arm64
    hostname: str = ""
    static_hostname: str = ""
    resolv_conf: str = ""  # what /etc/resolv.conf links to; "" for a file of its own
    cloud_init: bool = False
    half_configured: bool = False
    clock_daemon: str = ""  # the package that keeps the clock, if there is one


class MachineFact(Fact[MachineState]):
    """Distribution, names and a few things that may or may not be there."""

    @staticmethod
    def default() -> MachineState:
        return MachineState()

    def command(self) -> str:
        return r"""
. /etc/os-release; echo "distribution $ID"; echo "release $VERSION_ID"
echo "codename $VERSION_CODENAME"
echo "architecture $(dpkg --print-architecture)"
echo "hostname $(hostname)"
echo "static_hostname $(cat /etc/hostname 2>/dev/null)"
echo "resolv_conf $(readlink /etc/resolv.conf)"
[ -d /etc/cloud/templates ] && echo "cloud_init yes"
[ -n "$(dpkg --audit)" ] && echo "half_configured yes"
for package in chrony ntpsec openntpd systemd-timesyncd; do
  dpkg-query -W -f 'clock_daemon ${Package} ${db:Status-Status}\n' $package 2>/dev/null
done | sed -n 's/ installed$//p' | head -n 1
:"""

    def process(self, output: Iterable[str]) -> MachineState:
        kinds = (known.name for known in fields(MachineState))
        found = dict(told(output, *kinds))
        return MachineState(
            distribution=found.get("distribution", ""),
            release=found.get("release", ""),
            codename=found.get("codename", ""),
            architecture=found.get("architecture", ""),
            hostname=found.get("hostname", ""),
            static_hostname=found.get("static_hostname", ""),
            resolv_conf=found.get("resolv_conf", ""),
            cloud_init="cloud_init" in found,
            half_configured="half_configured" in found,
            clock_daemon=found.get("clock_daemon", ""),
        )


class OperatorAddress(Fact[str]):
    """The address that this connection comes from, as the machine sees it; "" without SSH.

    sshd tells it to the login user only: run it without sudo.
    """

    @staticmethod
    def default() -> str:
        return ""

    def command(self) -> str:
        return 'echo "${SSH_CONNECTION%% *}"'

    def process(self, output: Iterable[str]) -> str:
        (address,) = [*output] or [""]
        return str(ip_address(address)) if address else ""
