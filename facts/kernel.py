"""The kernel as Kubernetes needs it: modules and settings by their effect, swap by its origin."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact, told


class Sysctl(Fact[dict[str, str]]):
    """Kernel settings by name; one whose module is not loaded is absent."""

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def command(self, names: Sequence[str]) -> str:
        return f"sysctl --ignore {shlex.join(names)} 2>/dev/null || :"

    def process(self, output: Iterable[str]) -> dict[str, str]:
        rows = (line.split("=", 1) for line in output)
        return {name.strip(): value.strip() for name, value in rows}


# Not lsmod: what is built into a kernel is no module, and works all the same.
EFFECTS = {
    "overlay": "grep -qw overlay /proc/filesystems",
    "br_netfilter": "test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
}


class Modules(Fact[tuple[str, ...]]):
    """Which of EFFECTS' modules work now."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return "; ".join(f"{seen} && echo {name}" for name, seen in EFFECTS.items()) + "; :"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        lines = set(output)
        return tuple(name for name in EFFECTS if name in lines)


@dataclass(frozen=True)
class SwapState:
    """Swap that is on, and all that would bring it back; the default is none."""

    active: tuple[str, ...] = ()
    fstab: tuple[str, ...] = ()
    units: tuple[str, ...] = ()  # that no line of fstab makes
    files: tuple[str, ...] = ()  # that installers leave, in use or not


class Swap(Fact[SwapState]):
    """Read what is on, /etc/fstab, the units of systemd and the file that Ubuntu makes."""

    @staticmethod
    def default() -> SwapState:
        return SwapState()

    def command(self) -> str:
        return r"""
awk 'NR > 1 {print "active", $1}' /proc/swaps
awk '$1 !~ /^#/ && $3 == "swap" {print "fstab", $1}' /etc/fstab 2>/dev/null
systemctl list-units --all --type=swap --plain --no-legend 2>/dev/null |
  awk '$2 == "loaded" {print $1}' | while read -r unit; do
    made=$(systemctl show --property=SourcePath --value "$unit")
    [ "$made" = /etc/fstab ] || echo "unit $unit"
  done
# What makes swap by other means than a unit of that kind: zram-tools, Ubuntu's and Raspberry Pi's.
for service in zramswap.service zram-config.service dphys-swapfile.service swapspace.service; do
  [ "$(systemctl is-enabled $service 2>/dev/null)" != enabled ] || echo "unit $service"
done
[ ! -f /swap.img ] || echo 'file /swap.img'
:"""

    def process(self, output: Iterable[str]) -> SwapState:
        rows = told(output, "active", "fstab", "unit", "file")

        def of(kind: str) -> tuple[str, ...]:
            return tuple(value for found, value in rows if found == kind)

        return SwapState(of("active"), of("fstab"), of("unit"), of("file"))
