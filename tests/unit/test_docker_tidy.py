"""docker-tidy: what goes from the Docker host, and what stays whatever its age."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, sh, tool

SCRIPT = CHECKOUT / "files/docker_host/usr/local/sbin/docker-tidy"
REPOSITORY = "harbor.local:8080/threebody"
DAY = 86400


@pytest.fixture
def tidied(tmp_path: Path) -> str:
    """What a Docker is told that has an old image, a new one, one in use and one without a tag."""
    now = int(time.time())
    ages = {"go:old": now - 15 * DAY, "go:new": now - 13 * DAY, "go:used": now - 99 * DAY}
    asked = "".join(f"*inspect*{name}) echo {tagged};;" for name, tagged in ages.items())
    tool(
        tmp_path,
        "docker",
        f'echo "$*" >>{tmp_path}/told\ncase "$*" in *"reference={REPOSITORY}/*"*)'
        f" printf '{REPOSITORY}/%s\\n' 'go:<none>' {' '.join(ages)};; {asked}"
        '*"image rm"*used) exit 1;; *none*) exit 1;; esac',
    )
    done = sh(f"bash {SCRIPT} {REPOSITORY} 14", tools=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{REPOSITORY}/go:used is used, and stays" in done.stdout
    return (tmp_path / "told").read_text()


def test_images_of_the_application_go_once_their_tag_is_old_enough(tidied: str) -> None:
    removed = [line.split()[-1] for line in tidied.splitlines() if line.startswith("image rm")]
    assert removed == [f"{REPOSITORY}/go:old", f"{REPOSITORY}/go:used"]


def test_of_all_else_only_the_cache_and_what_has_no_name_goes(tidied: str) -> None:
    pruned = [line for line in tidied.splitlines() if "prune" in line]
    assert pruned == [
        "image prune --force --filter until=336h",
        "builder prune --force --filter until=336h",
    ]
