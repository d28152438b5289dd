"""Compose projects that run under a systemd unit."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation

from facts.docker import Compose
from operations import Commands


@operation()
def composed(project: str) -> Commands:
    """Have every service of the project in `project` run as its docker-compose.yml says now."""
    if not host.get_fact(Compose, project=project).as_wanted:
        file = shlex.quote(f"{project}/docker-compose.yml")
        yield StringCommand(f"docker compose -f {file} up --detach --remove-orphans --wait")
