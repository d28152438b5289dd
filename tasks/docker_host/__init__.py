"""B1-B6: the machine that builds, stores and serves: Docker, then what runs on it."""

from __future__ import annotations

from tasks.docker_host import docker, edge, gitlab, harbor, repository, runner
from tasks.layer import layer


@layer("docker_host", "Docker host")
def apply() -> None:
    """Docker with its firewall first; then the registry, and the edge."""
    docker.apply()
    harbor.apply()
    edge.apply()
    runner.apply()
    gitlab.apply()
    repository.apply()
