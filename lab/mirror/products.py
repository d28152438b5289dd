"""Everything that the mirror is made of, from the cache or made now."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.mirror import apt, images, root
from lab.mirror.store import fingerprint, made_once
from lab.mirror.upstreams import DOCKER, REPOSITORIES

HERE = Path(__file__).parent
PACKAGE_OF = {  # the name of a version in mirror.json: the package that has it
    "docker_version": "docker-ce",
    "containerd_version": "containerd.io",
    "compose_version": "docker-compose-plugin",
    "buildx_version": "docker-buildx-plugin",
}


@dataclass(frozen=True)
class Products:
    """Where the parts are."""

    tree: Path  # the mirror's own Debian
    repositories: Path
    images: Path  # the registry's storage

    @property
    def www(self) -> Path:
        """What port 80 serves."""
        return self.repositories / "www"

    @property
    def facts(self) -> Path:
        """What a deploy has to know about what is served: keys' sums and versions."""
        return self.repositories / "facts.json"


def make() -> Products:
    """Make what the cache does not have; a second call takes milliseconds."""
    tree = root.tree()
    return Products(tree, _repositories(tree), images.storage(tree))


def _repositories(tree: Path) -> Path:
    def make_all(directory: Path) -> None:
        work, www = directory / "work", directory / "www"
        versions: dict[str, str] = {}
        for repository in REPOSITORIES:
            work.mkdir()
            versions |= apt.make(tree, repository, work, www)
            shutil.rmtree(work)
        facts = {name: versions[package] for name, package in PACKAGE_OF.items()}
        key = www / DOCKER.upstream / DOCKER.key
        facts["docker_key_sha256"] = hashlib.sha256(key.read_bytes()).hexdigest()
        (directory / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")

    sources = [HERE / f"{name}.py" for name in ("apt", "debs", "keys", "upstreams", "products")]
    inputs = f"{tree.name} {fingerprint(*sources)}"
    return made_once("repositories", inputs, "Build the upstreams' apt repositories", make_all)
