"""Repositories of packages that more than one layer adds."""

from __future__ import annotations

from pyinfra import host

from facts.asking import ask
from facts.machine import MachineFact
from operations import apt, files
from operations.sources import source
from spec import Platform


def docker_repository(platform: Platform) -> None:
    """B1: the runbook pipes get.docker.com into a shell; this is what that script sets up."""
    settings = platform.docker_host
    system = ask(host, MachineFact)
    apt.key(
        name="Trust Docker's signing key",
        url=f"{settings.docker_repository}/{system.distribution}/gpg",
        sha256=settings.docker_key_sha256,
        path="/etc/apt/keyrings/docker.asc",
    )
    files.put(
        name="Add Docker's repository, pinned to the wanted versions",
        files=[
            source(
                platform, "docker_host", "/etc/apt/sources.list.d/docker.sources", system=system
            ),
            source(
                platform,
                "docker_host",
                "/etc/apt/preferences.d/docker.pref",
                versions=docker_versions(platform),
            ),
        ],
    )


def docker_versions(platform: Platform) -> dict[str, str]:
    """Docker's packages and the versions wanted of them, as patterns that apt and dpkg agree on."""
    settings = platform.docker_host
    engine = f"5:{settings.docker_version}-*"
    return {
        "docker-ce": engine,
        "docker-ce-cli": engine,
        "containerd.io": f"{settings.docker_containerd_version}-*",
        "docker-compose-plugin": f"{settings.docker_compose_version}-*",
        "docker-buildx-plugin": f"{settings.docker_buildx_version}-*",
    }


def kubernetes_repository(platform: Platform) -> None:
    """C4: each minor version has a repository of its own, so that none comes by itself."""
    settings = platform.k8s_node
    apt.key(
        name="Trust Kubernetes' signing key",
        url=f"{settings.kubernetes_repository}/v{settings.kubernetes_minor}/deb/Release.key",
        fingerprint=settings.kubernetes_key_fingerprint,
        path="/etc/apt/keyrings/kubernetes.asc",
    )
    files.put(
        name="Add Kubernetes' repository, pinned to the wanted version",
        files=[
            source(platform, "k8s_node", "/etc/apt/sources.list.d/kubernetes.sources"),
            source(platform, "k8s_node", "/etc/apt/preferences.d/kubernetes.pref"),
        ],
    )
