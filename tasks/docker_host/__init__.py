"""B1-B6: the machine that builds, stores and serves: Docker, then what runs on it."""

from __future__ import annotations

from spec import Platform
from tasks.docker_host import docker, edge, gitlab, harbor, repository, runner
from tasks.layer import layer


@layer("docker_host", "Docker host")
def apply(platform: Platform) -> None:
    """Docker with its firewall first; then the registry, and the edge."""
    docker.apply(platform)
    harbor.apply(platform)
    edge.apply(platform)
    runner.apply(platform)
    gitlab.apply(platform)
    repository.apply(platform)
