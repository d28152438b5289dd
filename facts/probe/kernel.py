"""The kernel: modules that may not be loaded, settings that come after ours, routes, MTU."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from facts.probe.rows import Rows

# systemd-sysctl takes each file's name from the first of these folders that has it, sorts by name,
# and the last setting wins (sysctl.d(5)).
QUESTION = r"""
grep -hsE '^ *(blacklist|install) ' /etc/modprobe.d/*.conf /run/modprobe.d/*.conf \
  /usr/lib/modprobe.d/*.conf | awk '{{print "module", $0}}'
for folder in /etc/sysctl.d /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d; do
  for file in $folder/*.conf; do
    [ ! -r "$file" ] || sed -n "s|^ *-*\([a-z][^ =#;]*\) *= *|sysctl $file \1 |p" "$file"
  done
done
[ ! -r /etc/ufw/sysctl.conf ] ||
  sed -n "s|^ *\([a-z][^ =#;]*\) *= *|sysctl /etc/ufw/sysctl.conf \1 |p" /etc/ufw/sysctl.conf
awk '$1 !~ /^#/ && $3 == "swap" {{print "swap", $1}}' /etc/fstab 2>/dev/null
device() {{ sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1; }}
node=$(ip -o -4 addr show 2>/dev/null | grep -F ' inet '{address}/ | awk '{{print $2}}' | head -n 1)
out=$(ip -4 route show default 2>/dev/null | device)
for device in $node $out; do
  echo "mtu $device $(cat /sys/class/net/$device/mtu)"
done
ip -4 route show 2>/dev/null | sed 's/^/route /'
for module in overlay br_netfilter; do
  [ -d /sys/module/$module ] || ! command -v modprobe >/dev/null ||
    modprobe -n -q $module || echo "lacks $module"
done
echo "release $(uname -r)"
:"""


@dataclass(frozen=True)
class Setting:
    """A line of a sysctl.d: its file, the kernel's name, the value."""

    file: str
    name: str
    value: str


@dataclass(frozen=True)
class Kernel:
    """What would keep a kernel from being a node's."""

    blocked: frozenset[str] = frozenset()  # modules that modprobe may not load
    settings: tuple[Setting, ...] = ()  # of every sysctl.d, in no order
    swap: tuple[str, ...] = ()  # of /etc/fstab
    mtu: tuple[tuple[str, int], ...] = ()  # of the devices towards the nodes and out
    lacks: tuple[str, ...] = ()  # modules that this kernel has not
    release: str = ""
    routes: tuple[tuple[str, str], ...] = ()  # networks and what is said of them


def question(address: str) -> str:
    """Shell that asks it, of a machine that has this address among the nodes."""
    return QUESTION.format(address=shlex.quote(address))


def parse(rows: Rows) -> Kernel:
    """From what the question prints."""
    settings = []
    for file, told in rows.pairs("sysctl"):
        name, _, value = told.partition(" ")
        settings.append(Setting(file, name.replace("/", "."), value.strip()))
    return Kernel(
        blocked=frozenset(_blocked(rows.all("module"))),
        settings=tuple(settings),
        swap=rows.all("swap"),
        mtu=tuple((device, int(mtu)) for device, mtu in rows.pairs("mtu") if mtu),
        lacks=rows.all("lacks"),
        release=rows.one("release"),
        routes=rows.pairs("route"),
    )


def _blocked(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        kind, module, *command = line.split()
        if kind == "blacklist" or (command and command[0].endswith(("/true", "/false"))):
            yield module.replace("-", "_")
