"""B1-B6: the machine that builds, stores and serves: Docker, then its services."""

from __future__ import annotations

from spec import Platform
from tasks.docker_host import authority, docker, edge, gitlab, harbor, repository, room, runner
from tasks.layer import layer


@layer("docker_host", "Docker host")
def apply(platform: Platform) -> None:
    """Docker with its firewall first; then a CA, registry, edge, runner, room, GitLab, code."""
    docker.apply(platform)
    authority.apply(platform)
    harbor.apply(platform)
    edge.apply(platform)
    runner.apply(platform)
    room.apply(platform)
    gitlab.apply(platform)
    repository.apply(platform)
