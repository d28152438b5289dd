"""What pipelines leave on the Docker host goes by itself: each push adds three images there."""

from __future__ import annotations

from operations import files, systemd
from operations.sources import source
from spec import Platform


def apply(platform: Platform) -> None:
    """B5: have room made every night; the registry keeps what it was given."""
    files.put(
        name="Describe what may go from the Docker host, and when",
        files=[
            source(platform, "docker_host", "/usr/local/sbin/docker-tidy", mode="0755"),
            source(
                platform,
                "docker_host",
                "/etc/systemd/system/docker-tidy.service",
                days=platform.docker_host.docker_image_days,
            ),
            source(platform, "docker_host", "/etc/systemd/system/docker-tidy.timer"),
        ],
    )
    systemd.enable(name="Have room made every night", units=["docker-tidy.timer"])
