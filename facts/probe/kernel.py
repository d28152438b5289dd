"""The kernel: modules, settings that come after ours, cgroups, SELinux, cards, routes, MTU."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from facts.probe.rows import Rows

# systemd-sysctl takes each file's name from the first of these folders that has it, sorts by name,
# and the last setting wins (sysctl.d(5)). Numbers of /proc/sys are for AWK: a shell's `read` takes
# a letter at a time, and gets no more than the first digit there.
QUESTION = r"""
groups=/sys/fs/cgroup/cgroup.controllers
[ -r $groups ] || groups=/proc/cgroups
set --
for file in /etc/modprobe.d/*.conf /run/modprobe.d/*.conf /usr/lib/modprobe.d/*.conf \
  /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf \
  /usr/lib/sysctl.d/*.conf /etc/ufw/sysctl.conf /etc/fstab /proc/sys/kernel/osrelease $groups; do
  [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
done
for name in {defaults}; do
  [ ! -r /proc/sys/$name ] || set -- "$@" /proc/sys/$name
done
awk -v defaults="{defaults}" '
  FILENAME ~ /modprobe\.d/ {{if (/^ *(blacklist|install) /) print "module", $0; next}}
  FILENAME ~ /fstab$/ {{if ($1 !~ /^#/ && $3 == "swap") print "swap", $1; next}}
  FILENAME ~ /osrelease$/ {{print "release", $0; next}}
  FILENAME ~ /controllers$/ {{print "controllers", $0; next}}
  FILENAME ~ /cgroups$/ {{if ($4 == 1) print "controllers", $1; next}}
  index(FILENAME, "/proc/sys/") == 1 {{value[substr(FILENAME, 11)] = $0; next}}
  index(FILENAME, "/etc/ufw/") == 1 && /^ *-/ {{next}}
  match($0, /^ *-*[a-z][^ =#;]* *= */) {{
    name = substr($0, 1, RLENGTH); sub(/^ *-*/, "", name); sub(/[ =]*$/, "", name)
    print "sysctl", FILENAME, name, substr($0, RLENGTH + 1)
  }}
  END {{
    count = split(defaults, names, " ")
    for (n = 1; n <= count; n++) print "default", names[n], value[names[n]]
  }}' "$@" /dev/null
set -- $(ip -o -4 addr show to {address} 2>/dev/null)
node=$2
[ -n "$node" ] || ! command -v ip >/dev/null || echo "cardless yes"
# Those of every table: a VPN's are looked at before the main one's, which has no name here.
ip -4 route show table all type unicast 2>/dev/null | awk -v node="$node" '
  function first(file, line) {{getline line <file; close(file); return line}}
  {{print "route " $0}}
  /^[^ \t]/ {{is_way_out = $1 == "default" && !/ table /}}
  is_way_out && out == "" && match($0, / dev [^ ]+/) {{out = substr($0, RSTART + 5, RLENGTH - 5)}}
  END {{
    if (node != "") print "mtu", node, first("/sys/class/net/" node "/mtu")
    if (out != "") print "mtu", out, first("/sys/class/net/" out "/mtu")
    if (node != "") print "mac", first("/sys/class/net/" node "/address")
  }}'
set --
for file in /etc/systemd/network/*.network /run/systemd/network/*.network; do
  [ ! -f "$file" ] || set -- "$@" "$file"
done
[ $# = 0 ] || for file in $(grep -lsE '^ *Name=([^#]* )?\*( |$)' "$@"); do
  grep -qE '^ *((Permanent)?MACAddress|Path|Driver|Kind)=' "$file" ||
    ! systemctl is-active --quiet systemd-networkd || echo "every_card $file"
done
set --
for module in overlay br_netfilter; do
  [ -d /sys/module/$module ] || set -- "$@" $module
done
[ $# = 0 ] || ! command -v modprobe >/dev/null || modprobe -n -q -a "$@" ||
  for module; do modprobe -n -q $module || echo "lacks $module"; done
first() {{ line=; [ ! -r "$1" ] || read -r line <"$1"; }}
first /proc/sys/kernel/modules_disabled
if [ "$line" = 1 ]; then
  for module in overlay br_netfilter; do
    [ -d /sys/module/$module ] ||
      grep -qs "/$module\.ko" "/lib/modules/$(uname -r)/modules.builtin" || echo "sealed $module"
  done
fi
first /sys/fs/selinux/enforce
[ "$line" != 1 ] || echo "selinux now"
[ ! -d /sys/fs/selinux ] || sed -n 's/^ *SELINUX=enforcing.*/selinux boot/p' /etc/selinux/config
first /proc/self/uid_map
set -- $line
[ "$*" = "0 0 4294967295" ] || echo "nested yes"
[ -c /dev/kmsg ] || echo "mute yes"
[ -e /proc/net/if_inet6 ] || echo "ipv4 only"
{virtual}
:"""
# Whose card answers for an address that no card here has: whatever is sent there asks for it, once
# nobody is remembered who answered before.
VIRTUAL = r"""
if [ -z "$(ip -o -4 addr show to {address})" ]; then
  ip neigh flush to {address} 2>/dev/null
  bash -c 'echo >/dev/udp/{address}/9' 2>/dev/null
  for _ in 1 2 3 4 5; do
    found=$(ip neigh show {address} | sed -n 's/.* lladdr \([^ ]*\).*/\1/p')
    [ -z "$found" ] || {{ echo "virtual $found"; break; }}
    sleep 0.2
  done
fi"""
# Those of Kubernetes' (kubeadm's SystemVerification), and pids, which kubelet limits.
CONTROLLERS = frozenset({"cpu", "cpuset", "memory", "pids"})
# What kubelet insists on with protectKernelDefaults (pkg/util/sysctl).
DEFAULTS = {
    "vm.overcommit_memory": "1",
    "vm.panic_on_oom": "0",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.keys.root_maxbytes": "25000000",
}


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
    mac: str = ""  # of the card towards the nodes
    virtual: str = ""  # of whose card answers for the virtual address, where that is not here
    mtu: tuple[tuple[str, int], ...] = ()  # of the devices towards the nodes and out
    lacks: tuple[str, ...] = ()  # modules that this kernel has not
    release: str = ""
    routes: tuple[tuple[str, str], ...] = ()  # networks and what is said of them
    every_card: tuple[str, ...] = ()  # files by which networkd takes containers' cards, too
    cardless: bool = False  # no card has its address among the nodes
    sealed: tuple[str, ...] = ()  # modules that are not loaded, and cannot be any more
    controllers: frozenset[str] = CONTROLLERS  # of cgroups
    selinux: frozenset[str] = frozenset()  # enforces: now, boot
    nested: bool = False  # root here is not the kernel's root
    mute: bool = False  # without the kernel's log
    ipv6: bool = True  # not that any card has an address of it
    defaults: tuple[tuple[str, str], ...] = ()  # those of DEFAULTS, as they are


def question(address: str, virtual: str = "") -> str:
    """Shell that asks it, of a machine that has this address among the nodes.

    `virtual` is the one that may be here as well, or at another machine.
    """
    asked = VIRTUAL.format(address=virtual) if virtual else ""
    defaults = " ".join(name.replace(".", "/") for name in DEFAULTS)
    return QUESTION.format(address=shlex.quote(address), defaults=defaults, virtual=asked)


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
        mac=rows.one("mac"),
        virtual=rows.one("virtual"),
        mtu=tuple((device, int(mtu)) for device, mtu in rows.pairs("mtu") if mtu),
        lacks=rows.all("lacks"),
        release=rows.one("release"),
        routes=rows.pairs("route"),
        every_card=rows.all("every_card"),
        cardless=rows.has("cardless"),
        sealed=rows.all("sealed"),
        controllers=frozenset(" ".join(rows.all("controllers")).split()) or CONTROLLERS,
        selinux=frozenset(rows.all("selinux")),
        nested=rows.has("nested"),
        mute=rows.has("mute"),
        ipv6=not rows.has("ipv4"),
        defaults=tuple((name.replace("/", "."), value) for name, value in rows.pairs("default")),
    )


def _blocked(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        kind, module, *command = line.split()
        if kind == "blacklist" or (command and command[0].endswith(("/true", "/false"))):
            yield module.replace("-", "_")
