"""What stands in for the registries: one that serves images and takes none."""

from __future__ import annotations

from pathlib import Path

from lab import MIRROR, Lab
from lab.mirror import root
from lab.mirror.daemons import Daemon, listens, rendered, state

PORT = 5000


def daemon(lab: Lab, images: Path) -> Daemon:
    """The registry of this lab, on the mirror's address; `images` is shared by all labs."""
    return Daemon(
        name="registry",
        command=("docker-registry", "serve", f"{root.HOME}/state/registry.conf"),
        config=config(f"{MIRROR}:{PORT}", readonly=True),
        binds={"state": state(lab), "images": images},
        ready=listens("tcp", PORT),
    )


def config(address: str, readonly: bool) -> str:
    """The registry's configuration, for serving and for being filled."""
    return rendered("registry.yml.j2", address=address, readonly=readonly, home=root.HOME)
