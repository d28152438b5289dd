"""Packages: what is held or broken, what somebody has installed, where packages come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from facts.probe.rows import Rows

SEEN = (
    *("containerd", "containerd.io", "docker-ce", "docker.io", "podman-docker", "docker-compose"),
    *("kubeadm", "kubelet", "gitlab-runner", "moby-engine", "docker-buildx", "docker-compose-v2"),
)
QUESTION = rf"""
set --
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
  /etc/apt/preferences /etc/apt/preferences.d/*; do
  [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
done
dpkg-query -W -f '${{db:Status-Want}} ${{db:Status-Status}} ${{Package}} ${{Version}}\n' |
  awk -v names=' {" ".join(SEEN)} ' '
    FILENAME !~ /^\// {{
      if ($1 == "hold") print "held", $3, $4
      if (index(names, " " $3 " ") && $2 == "installed") print "installed", $3, $4
      next
    }}
    index(FILENAME, "/etc/apt/sources.list") == 1 {{
      if (!/^ *#/) print "source", FILENAME, $0
      next
    }}
    # An empty line after each file.
    FNR == 1 && file != "" {{print "pin", file}}
    {{file = FILENAME; print "pin", file, $0}}
    END {{if (file != "") print "pin", file}}' - "$@"
# On a machine that no run has worked on yet; others were asked by an update since.
# It is to write no cache either.
[ -e /etc/apt/apt.conf.d/99-threebody ] ||
  apt-get indextargets -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= 2>&1 >/dev/null |
  sed -n '/sources could not be read/d; s/^E: /unreadable /p' | head -n 1
:"""


# A pin of whatever version, from wherever (apt_preferences(5)).
WHOLE = re.compile(r"(release +([avnolc]=)?|version +|origin +\"?)\*?\"?")


@dataclass(frozen=True)
class Source:
    """Where apt looks for packages: the file that says so, address, suite, whose signature."""

    file: str
    uri: str
    suite: str
    signed_by: str = ""


@dataclass(frozen=True)
class PackageState:
    """The packages of a machine, as far as somebody did something with them."""

    held: tuple[tuple[str, str], ...] = ()  # names, versions
    installed: tuple[tuple[str, str], ...] = ()  # of SEEN
    sources: tuple[Source, ...] = ()
    unreadable: str = ""  # what apt says of its sources or its configuration
    pinned_away: tuple[tuple[str, str], ...] = ()  # files, names that apt may install no version of

    def version(self, name: str) -> str:
        """The installed version of one of SEEN; "" for none."""
        return dict(self.installed).get(name, "")


def question() -> str:
    """Shell that asks it."""
    return QUESTION


def parse(rows: Rows) -> PackageState:
    """From what the question prints."""
    files: dict[str, list[str]] = {}
    for file, line in rows.pairs("source"):
        files.setdefault(file, []).append(line)
    return PackageState(
        held=rows.pairs("held"),
        unreadable=rows.one("unreadable"),
        pinned_away=tuple(_pinned_away(rows.pairs("pin"))),
        installed=rows.pairs("installed"),
        sources=tuple(
            source
            for file, lines in files.items()
            for source in (_blocks if file.endswith(".sources") else _lines)(file, lines)
        ),
    )


def _lines(file: str, lines: Iterable[str]) -> Iterator[Source]:
    """One source a line: `deb [options] uri suite component…` (sources.list(5))."""
    for line in lines:
        found = re.match(r"deb\s+(?:\[(.*?)\]\s+)?(cdrom:\[.*?\]\S*|\S+)\s+(\S+)", line)
        if found:
            options = dict(word.partition("=")[::2] for word in (found[1] or "").split())
            yield Source(file, found[2], found[3], options.get("signed-by", ""))


def _blocks(file: str, lines: Iterable[str]) -> Iterator[Source]:
    """Fields and an empty line (deb822 style)."""
    for block in "\n".join(lines).split("\n\n"):
        fields = {
            name.strip().lower(): value.strip()
            for name, colon, value in (line.partition(":") for line in block.splitlines())
            if colon and not name.startswith(" ")
        }
        off = fields.get("enabled", "yes").lower() in ("no", "false", "without", "off", "disable")
        if off or "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(file, uri, suite, fields.get("signed-by", ""))


def _pinned_away(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Blocks of fields and an empty line each; a priority below 0 forbids (apt_preferences(5))."""
    fields: dict[str, str] = {}
    for file, line in lines:
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip().lower()] = value.strip()
        elif not line.strip():
            forbids = fields.get("pin-priority", "").startswith("-")
            # Of some releases alone it keeps a package from being taken from the wrong one.
            if forbids and WHOLE.fullmatch(fields.get("pin", "")):
                yield from ((file, package) for package in fields.get("package", "").split())
            fields = {}
