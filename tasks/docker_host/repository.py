"""B4, E2: the application's repository, laid out once."""

from __future__ import annotations

from operations import git
from operations.sources import tree
from spec import Platform, application


def apply(platform: Platform) -> None:
    """Have a repository for developers to begin with; whatever they make of it stays."""
    lay_out(platform)


def lay_out(platform: Platform) -> None:
    """B4, E2: the runbook unpacks an archive, and pushes it over whatever is at GitLab."""
    settings = platform.docker_host
    git.init(
        name="Lay out the application's repository, where there is none",
        folder=settings.application_path,
        owner=platform.all.ssh_user,
        beginning=_beginning(platform, settings.application_source),
        origin=f"git@gitlab-443:{settings.gitlab_project}.git" if settings.gitlab_project else "",
    )


def _beginning(platform: Platform, source: str | None) -> git.Seed | git.Clone:
    if source and application.is_address(source):
        return git.Clone(source, needed=application.CONTRACT)
    return git.Seed(
        files=application.read(source) if source else tree(platform, "application"),
        says="Begin with what the platform laid out",
    )
