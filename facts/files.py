"""What stands at a path: kind, mode, owner, content."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from facts import Fact

Kind = Literal["absent", "file", "directory", "link", "other"]


@dataclass(frozen=True)
class PathState:
    """One path as it is; `content` is a file's sha256, or what a link points to."""

    kind: Kind = "absent"
    mode: str = ""  # four digits, "0644"
    owner: str = ""
    group: str = ""
    content: str = ""


# Prints rows about any number of paths, by two programs however many there are.
DESCRIBE = r"""describe() {
  n=0
  for path; do
    shift
    if [ -L "$path" ]; then echo "link $n $(readlink "$path")"
    elif [ -e "$path" ]; then set -- "$@" "$path"
    else echo "absent $n -"; fi
    n=$((n + 1))
  done
  [ $# = 0 ] || stat -c 'is %f %a %U %G %n' -- "$@"
  for path; do
    shift
    [ ! -f "$path" ] || set -- "$@" "$path"
  done
  [ $# = 0 ] || sha256sum -- "$@"
}"""
KINDS: dict[int, Kind] = {stat.S_IFREG: "file", stat.S_IFDIR: "directory"}


def parse_paths(paths: Sequence[str], lines: Iterable[str]) -> dict[str, PathState]:
    """From what `describe` prints for these paths."""
    states = {path: PathState() for path in paths}
    for line in lines:
        row, first, rest = line.split(" ", 2)
        if row == "link":
            states[paths[int(first)]] = PathState("link", content=rest)
        elif row == "is":
            mode, owner, group, path = rest.split(" ", 3)
            kind = KINDS.get(stat.S_IFMT(int(first, 16)), "other")
            states[path] = PathState(kind, mode.zfill(4), owner, group)
        elif row != "absent":  # a sum, two spaces, its path
            states[rest] = replace(states[rest], content=row)
    return states


class Paths(Fact[dict[str, PathState]]):
    """The state of any number of paths, by path."""

    listed = "paths"

    @staticmethod
    def default() -> dict[str, PathState]:
        return {}

    def command(self, paths: Sequence[str]) -> str:
        self.paths = paths
        return f"{DESCRIBE}\ndescribe {shlex.join(paths)}"

    def process(self, output: Iterable[str]) -> dict[str, PathState]:
        return parse_paths(self.paths, output)


@dataclass(frozen=True)
class Served:
    """Configuration files, and whether the process that reads them started before they changed."""

    paths: dict[str, PathState]
    stale: bool = False  # it runs, and a file is newer than it


class ServedPaths(Fact[Served]):
    """Files, and whether `process` (shell that prints a process id, or nothing) has loaded them."""

    @staticmethod
    def default() -> Served:
        return Served({})

    def command(self, paths: Sequence[str], watched: Sequence[str], process: str) -> str:
        self.paths = paths
        known = shlex.join([*paths, *watched])
        # Both ages come from one clock, to the hundredth of a second.
        return rf"""{DESCRIBE}
describe {shlex.join(paths)}
pid=$({process})
[ -n "$pid" ] && [ -r "/proc/$pid/stat" ] || exit 0
started=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)
age=$(awk -v s="$started" -v hz="$(getconf CLK_TCK)" '{{print $1 - s / hz}}' /proc/uptime)
now=$(date +%s.%N)
# One that is missing will have to be made, and then loaded.
{{ stat -c %.9Y -- {known} 2>/dev/null || echo "$now"; }} |
  awk -v now="$now" -v age="$age" '
  now - $1 < age {{newer = 1}} END {{if (newer) print "stale"}}'
"""

    def process(self, output: Iterable[str]) -> Served:
        lines = list(output)
        stale = lines[-1] == "stale"
        return Served(parse_paths(self.paths, lines[:-1] if stale else lines), stale)


class Directory(Fact[tuple[str, int, int] | tuple[()]]):
    """A directory's mode, owner and group, by number: not every owner has a name there."""

    @staticmethod
    def default() -> tuple[()]:
        return ()

    def command(self, path: str) -> str:
        folder = shlex.quote(path)
        return f"[ ! -d {folder} ] || stat -c '%a %u %g' {folder}"

    def process(self, output: Iterable[str]) -> tuple[str, int, int]:
        ((mode, owner, group),) = map(str.split, output)
        return mode.zfill(4), int(owner), int(group)


class Content(Fact[str]):
    """The text of a file, for showing a difference; never asked of a secret one."""

    @staticmethod
    def default() -> str:
        return ""

    def command(self, path: str) -> str:
        return f"cat {shlex.quote(path)} 2>/dev/null || :"
