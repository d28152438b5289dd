"""Names: what stands in /etc/hosts, who resolves, what may not be changed, which proxy."""

from __future__ import annotations

from dataclasses import dataclass

from facts.probe.rows import Rows

# Files that a run replaces or edits, and that people make immutable.
GUARDED = ("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/fstab", "/etc")
QUESTION = rf"""
set --
for file in {" ".join(GUARDED)}; do
  [ -L "$file" ] || set -- "$@" "$file"
done
lsattr -d "$@" 2>/dev/null | {{
  set --
  for file in /etc/hosts /etc/hostname /etc/nsswitch.conf /etc/systemd/resolved.conf \
    /etc/systemd/resolved.conf.d/*.conf /etc/environment; do
    [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
  done
  awk '
    FILENAME !~ /^\// {{if ($1 ~ /i/) print "immutable", $2; next}}
    FILENAME ~ /hosts$/ {{print "hosts " $0}}
    FILENAME ~ /hostname$/ && FNR == 1 {{print "hostname", $0}}
    FILENAME ~ /nsswitch\.conf$/ && sub(/^ *hosts: */, "lookup ")
    FILENAME ~ /resolved\.conf/ && sub(/^ *DNS=/, "") {{print "dns", FILENAME, $0}}
    FILENAME ~ /environment$/ {{
      if (tolower($0) ~ /^ *(export +)?(http|https|all)_proxy=./) print "proxy " $0
      if (/^ *(export +)?(DOCKER_[A-Z]+|COMPOSE_[A-Z]+)=./) print "docker " $0
    }}' - "$@"
}}
[ -e /etc/resolv.conf ] || systemctl cat systemd-resolved >/dev/null 2>&1 ||
  echo "lost $(readlink /etc/resolv.conf || echo nothing)"
:"""


@dataclass(frozen=True)
class Names:
    """What a machine calls itself and others."""

    immutable: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()  # the lines of /etc/hosts
    hostname: str = ""  # at the next boot
    dns: tuple[tuple[str, str], ...] = ()  # servers for systemd-resolved: the file, its servers
    lost: str = ""  # where a resolv.conf leads that is not there, with nobody who would make it
    lookup: str = "files dns"  # of hosts, as nsswitch.conf has it
    proxies: tuple[str, ...] = ()  # of every session, as /etc/environment has them
    docker: tuple[str, ...] = ()  # of every session: where its `docker` goes


def question() -> str:
    """Shell that asks it."""
    return QUESTION


def parse(rows: Rows) -> Names:
    """From what the question prints."""
    return Names(
        immutable=frozenset(rows.all("immutable")),
        hosts=rows.all("hosts"),
        hostname=rows.one("hostname"),
        dns=rows.pairs("dns"),
        lost=rows.one("lost"),
        lookup=rows.one("lookup") or Names.lookup,
        proxies=rows.all("proxy"),
        docker=rows.all("docker"),
    )
