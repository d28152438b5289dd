"""What the machine is: distribution, processor, memory, room, clock."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from facts.probe.rows import Rows

# What x86-64-v2 adds, by the kernel's names (x86-64 psABI, "Micro-Architecture Levels").
V2 = ("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3")
# How df's place is mounted is looked up after it, since to ask mounts what is mounted on demand:
# the last one at that place counts, or at the nearest above (a subvolume has a place and no mount).
QUESTION = r"""
[ ! -r /etc/os-release ] || . /etc/os-release
echo "distribution $ID"; echo "version $VERSION_ID"; echo "codename $VERSION_CODENAME"
echo "architecture $(dpkg --print-architecture 2>/dev/null || uname -m)"
set --
for file in /etc/machine-id /proc/sys/kernel/random/boot_id \
  /proc/sys/fs/inotify/max_user_instances /proc/sys/fs/inotify/max_user_watches \
  /proc/meminfo /proc/cpuinfo; do
  [ ! -r "$file" ] || set -- "$@" "$file"
done
awk '
  FILENAME ~ /machine-id$/ {{print "machine_id", $0}}
  FILENAME ~ /boot_id$/ {{print "boot_id", $0}}
  FILENAME ~ /max_user_instances$/ {{print "watchers", $0}}
  FILENAME ~ /max_user_watches$/ {{print "watches", $0}}
  $1 == "MemTotal:" {{print "memory", int($2 / 1024)}}
  sub(/^flags[^:]*: /, "flags ") {{print; exit}}' "$@" /dev/null
echo "cpus $(nproc)"
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || echo "cgroup cgroup2fs"
for path in {rooms}; do
  [ ! -s "$path/swarm/docker-state.json" ] || echo "swarm yes"
  [ -d "$path" ] || continue
  # It is root who asks.
  owner=0; [ -O "$path" ] && [ ! -L "$path" ] || owner=$(stat -c %u "$path")
  # Names alone: a look at one may wait for a server.
  names=; count=0
  for name in "$path"/.[!.]* "$path"/..?* "$path"/*; do
    name=${{name##*/}}
    case $name in '.[!.]*' | '..?*' | '*') continue ;; esac
    names="$names $name"; count=$((count + 1))
    [ $count -lt 20 ] || break
  done
  printf 'holds %s\n' "$path $owner$names"
done
{{
  set --
  for path in {rooms}; do
    echo "path $path"
    while [ ! -e "$path" ]; do path=${{path%/*}}; path=${{path:-/}}; done
    # Of every file system on the way: a folder that is not there yet will be on that one.
    set -- "$@" "$path"
  done
  [ $# = 0 ] || df -m --output=avail,itotal,iavail,target "$@"
}} 2>/dev/null | awk '
  NR == FNR && sub(/^path /, "") {{path[++paths] = $0; next}}
  NR == FNR {{
    row = FNR - paths - 1; free[row] = $1; files[row] = $2 " " $3
    sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ /, ""); place[row] = $0
    next
  }}
  {{
    gsub(/\\040/, " ", $5); gsub(/\\043/, "#", $5); gsub(/\\134/, "\\", $5)
    for (n = 7; n < NF && $n != "-"; n++);
    mounted[$5] = $(n + 1) " " $6 "," $NF
  }}
  END {{
    for (n = 1; n <= paths; n++) {{
      print "room", path[n], free[n], place[n]
      print "inodes", path[n], files[n]
      at = place[n]
      while (at != "" && !(at in mounted)) sub(/\/[^\/]*$/, "", at)
      print "mount", path[n], mounted[at == "" ? "/" : at]
    }}
  }}' - /proc/self/mountinfo
[ -d /run/systemd/system ] || echo "init $(cat /proc/1/comm)"
echo "tmp $(stat -L -c %a /tmp)"
echo "clock $(date +%s)"
"""


@dataclass(frozen=True)
class Room:
    """Where something will be put: the path, what is free there, on which file system."""

    path: str
    free_mib: int
    mounted: str
    noexec: bool = False
    read_only: bool = False
    kind: str = "ext4"
    files: int = 1_000_000  # that can still be made there
    owner: int = 0  # of the folder, where it is there
    holds: tuple[str, ...] = ()  # some names in it


@dataclass(frozen=True)
class System:
    """A machine before anybody gave it a role."""

    distribution: str = "debian"
    version: str = "13"
    codename: str = "trixie"
    architecture: str = "amd64"
    v2: bool = True  # x86-64-v2
    cpus: int = 2
    memory_mib: int = 8000
    machine_id: str = ""
    boot_id: str = ""
    cgroup_v2: bool = True
    watchers: int = 128  # inotify instances that a user may have
    watches: int = 65536
    rooms: tuple[Room, ...] = ()
    clock: int = 0  # seconds since 1970, as the machine has it
    init: str = ""  # what runs in systemd's place
    swarm: bool = False  # Docker's data is of one of a Swarm's
    tmp: str = "1777"  # the mode of /tmp


def question(rooms: Sequence[str]) -> str:
    """Shell that asks it; about the room at these paths."""
    return QUESTION.format(rooms=shlex.join(rooms))


def parse(rows: Rows) -> System:
    """From what the question prints."""
    told = {kind: dict(rows.pairs(kind)) for kind in ("mount", "inodes", "holds")}
    return System(
        distribution=rows.one("distribution"),
        version=rows.one("version"),
        codename=rows.one("codename"),
        architecture=rows.one("architecture"),
        v2=set(V2) <= set(rows.one("flags").split()),
        cpus=rows.number("cpus"),
        memory_mib=rows.number("memory"),
        machine_id=rows.one("machine_id"),
        boot_id=rows.one("boot_id"),
        cgroup_v2=rows.one("cgroup") == "cgroup2fs",
        watchers=rows.number("watchers"),
        watches=rows.number("watches"),
        rooms=tuple(_room(path, free, told) for path, free in rows.pairs("room")),
        clock=rows.number("clock"),
        init=rows.one("init"),
        swarm=rows.has("swarm"),
        tmp=rows.one("tmp") or System.tmp,
    )


def _room(path: str, room: str, told: dict[str, dict[str, str]]) -> Room:
    free, mounted = room.split(" ", 1)
    kind, _, listed = told["mount"].get(path, "").partition(" ")
    options = listed.strip().split(",")
    all_, _, left = told["inodes"].get(path, "").partition(" ")
    owner, *holds = told["holds"].get(path, "0").split()
    # Some file systems have no such number, and say 0.
    files = int(left) if all_.isdigit() and int(all_) and left.isdigit() else Room.files
    flags = "noexec" in options, "ro" in options
    return Room(path, int(free), mounted, *flags, kind, files, int(owner), tuple(holds))
