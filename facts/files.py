"""What stands at a path: kind, mode, owner, content."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

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


# Prints one line a path: kind, mode, owner, group, content. No path is a link's target.
DESCRIBE = r"""describe() {
  for path; do
    if [ -L "$path" ]; then echo "link - - - $(readlink "$path")"
    elif [ -f "$path" ]; then
      sum=$(sha256sum <"$path"); echo "file $(stat -c '%a %U %G' "$path") ${sum%% *}"
    elif [ -d "$path" ]; then echo "directory $(stat -c '%a %U %G' "$path") -"
    elif [ -e "$path" ]; then echo "other - - - -"
    else echo "absent - - - -"; fi
  done
}"""


def parse_paths(paths: Sequence[str], lines: Iterable[str]) -> dict[str, PathState]:
    """From what `describe` prints for these paths."""
    states = {}
    for path, line in zip(paths, lines, strict=True):
        kind, mode, owner, group, content = line.split(" ", 4)
        if kind not in get_args(Kind):
            raise ValueError(kind)
        states[path] = PathState(
            kind=kind,  # type: ignore[arg-type]
            mode="" if mode == "-" else mode.zfill(4),
            owner=owner,
            group=group,
            content="" if content == "-" else content,
        )
    return states


class Paths(Fact[dict[str, PathState]]):
    """The state of any number of paths, by path."""

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
        # Both ages come from one clock, to the hundredth of a second.
        return rf"""{DESCRIBE}
describe {shlex.join(paths)}
pid=$({process})
[ -n "$pid" ] && [ -r "/proc/$pid/stat" ] || exit 0
started=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)
age=$(awk -v s="$started" -v hz="$(getconf CLK_TCK)" '{{print $1 - s / hz}}' /proc/uptime)
now=$(date +%s.%N)
for path in {shlex.join([*paths, *watched])}; do
  # One that is missing will have to be made, and then loaded.
  stat -c %.9Y "$path" 2>/dev/null || echo "$now"
done | awk -v now="$now" -v age="$age" '
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
