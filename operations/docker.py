"""Compose projects that run under a systemd unit."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.docker import Compose, Projects
from operations import Commands, operation


@operation()
def compose(project: str) -> Commands:
    """Have every service of the project in `project` run as its docker-compose.yml says now."""
    if not ask(host, Compose, project=project).as_wanted:
        file = shlex.quote(f"{project}/docker-compose.yml")
        yield StringCommand(f"docker compose -f {file} up --detach --remove-orphans --wait")


@operation()
def compose_down(folders: Sequence[str]) -> Commands:
    """Have no containers and no networks of the projects in these folders; volumes stay."""
    for project in ask(host, Projects, folders=list(folders)):
        # By its name: what describes it may be gone already.
        yield StringCommand(
            f"docker compose --project-name {shlex.quote(project)} down --remove-orphans"
        )
