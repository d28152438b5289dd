"""What the machines see on port 80: static trees of upstreams, and Debian through the door."""

from __future__ import annotations

from pathlib import Path

from lab import MIRROR, Lab
from lab.mirror import door, gitlab, root
from lab.mirror.daemons import Daemon, listens, rendered, state


def daemon(lab: Lab, www: Path) -> Daemon:
    """The web server of this lab, on the mirror's address."""
    return Daemon(
        name="front",
        command=("nginx", "-c", f"{root.HOME}/state/front.conf"),
        config=rendered(
            "front.conf.j2",
            address=MIRROR,
            home=root.HOME,
            proxied=[archive.name for archive in door.archives()],
            socket=door.SOCKET,
            gitlab_socket=gitlab.SOCKET,
        ),
        binds={"state": state(lab), "www": www},
        ready=listens("tcp", 80),
    )
