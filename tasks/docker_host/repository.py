"""B4, E2: the application's repository, laid out once."""

from __future__ import annotations

import spec
from operations import git
from spec import project
from tasks.sources import tree


def apply() -> None:
    """Have a repository for developers to begin with; whatever they make of it stays."""
    lay_out()


def lay_out() -> None:
    """B4, E2: the runbook unpacks an archive, and pushes it over whatever is at GitLab."""
    platform = spec.platform()
    settings = platform.docker_host
    git.begun(
        name="Lay out the application's repository, where there is none",
        folder=settings.project_path,
        owner=platform.all.ssh_user,
        beginning=_beginning(settings.project_source),
        origin=f"git@gitlab-443:{settings.gitlab_project}.git" if settings.gitlab_project else "",
    )


def _beginning(source: str | None) -> git.Seed | git.Clone:
    if source and project.is_address(source):
        return git.Clone(source, needed=project.CONTRACT)
    return git.Seed(
        files=project.read(source) if source else tree("project"),
        source=source or "the shipped version",
        says="Begin with what the platform laid out",
    )
