"""Compose projects that run under a systemd unit."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.docker import Compose
from operations import Commands, operation


@operation()
def composed(project: str) -> Commands:
    """Have every service of the project in `project` run as its docker-compose.yml says now."""
    if not ask(host, Compose, project=project).as_wanted:
        file = shlex.quote(f"{project}/docker-compose.yml")
        yield StringCommand(f"docker compose -f {file} up --detach --remove-orphans --wait")
