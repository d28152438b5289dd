"""What a machine is: distribution, names, and where the operator comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from ipaddress import ip_address

from facts import Fact, told


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
    half_installed: tuple[str, ...] = ()  # packages that dpkg was cut off in
    resolved: bool = False  # systemd-resolved is there, be it in a package of its own or not
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
# Not `dpkg --audit`: it lists what no configuring mends, too, as of an architecture that is gone.
dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' | awk '
  $1 ~ /^(unpacked|half-configured|triggers-)/ {configure = 1}
  $1 == "half-installed" {broken = broken " " $2}
  END {if (configure) print "half_configured yes"; if (broken) print "half_installed" broken}'
for folder in /usr/lib /lib; do
  [ ! -x $folder/systemd/systemd-resolved ] || { echo "resolved yes"; break; }
done
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
            half_installed=tuple(found.get("half_installed", "").split()),
            resolved="resolved" in found,
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
