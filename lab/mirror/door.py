"""The only way out of a lab: a proxy to this machine's Debian archives that keeps what it got.

It stands outside of the lab's network and listens on a socket in the lab's state directory. What
never changes under its name (packages, indices by hash) is kept for ever; everything else is asked
for again, and the old one given when nobody answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lab import Lab, debian
from lab.mirror import root
from lab.mirror.daemons import Daemon, has_file, rendered, state
from lab.mirror.store import shelf

SOCKET = "door.sock"
LOG = "door.log"


@dataclass(frozen=True)
class Archive:
    """What the mirror serves under `name`, and where it comes from."""

    name: str
    url: str

    @property
    def host(self) -> str:
        """The host, with its port if the address has one."""
        return urlsplit(self.url).netloc

    @property
    def name_sent(self) -> str:
        """The host alone, as TLS names it."""
        return urlsplit(self.url).hostname or ""


def archives() -> tuple[Archive, ...]:
    """Debian's archives under the names that every Debian machine knows them by."""
    return Archive("debian", debian.archive()), Archive("debian-security", debian.security())


def daemon(lab: Lab) -> Daemon:
    """The door of this lab; what it fetched is shared by all labs."""
    config = rendered(
        "door.conf.j2", archives=archives(), resolvers=_resolvers(), home=root.HOME, log=LOG
    )
    return Daemon(
        name="door",
        command=("nginx", "-c", f"{root.HOME}/state/door.conf"),
        config=config,
        binds={"state": state(lab), "cache": shelf("door")},
        outside=True,
        leaves=(SOCKET,),
        ready=has_file(state(lab) / SOCKET),
    )


def hosts_asked(lab: Lab) -> set[str]:
    """Every host that a request of this lab went out to since its door was first opened."""
    log = state(lab) / LOG
    lines = log.read_text().splitlines() if log.exists() else []
    return {host for line in lines for host, asked in [line.split()[:2]] if asked != "-"}


def _resolvers() -> list[str]:
    """The name servers of this machine, which nginx does not find by itself."""
    found = re.findall(r"^nameserver\s+(\S+)", Path("/etc/resolv.conf").read_text(), re.MULTILINE)
    return [f"[{address.partition('%')[0]}]" if ":" in address else address for address in found]
