"""Everything that the mirror is made of, from the cache or made now."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import debian
from lab.mirror import (
    apt,
    bases,
    charts,
    gitlab_tree,
    harbor,
    images,
    keys,
    kubernetes,
    ready,
    root,
    storage,
)
from lab.mirror.store import fingerprint, link, made_once, sum_of
from lab.mirror.upstreams import DOCKER, REPOSITORIES, Repository
from lab.together import together

HERE = Path(__file__).parent
PACKAGE_OF = {  # the name of a version in mirror.json: the package that has it
    "docker_version": "docker-ce",
    "containerd_version": "containerd.io",
    "compose_version": "docker-compose-plugin",
    "buildx_version": "docker-buildx-plugin",
    "runner_version": "gitlab-runner",
}


@dataclass(frozen=True)
class Products:
    """Where the parts are."""

    tree: Path  # the mirror's own Debian
    served: Path
    images: Path  # the registry's storage
    gitlab: gitlab_tree.Parts

    @property
    def www(self) -> Path:
        """What port 80 serves."""
        return self.served / "www"

    @property
    def facts(self) -> Path:
        """What a deploy has to know about what is served: keys' sums and versions."""
        return self.served / "facts.json"


def make() -> Products:
    """Make what the cache does not have; a second call takes milliseconds."""
    together(
        kubernetes.compile_all,  # takes longest; all else is done beside it
        lambda: _of_debian(root.tree()),
        lambda: bases.stored(root.tree()),
        lambda: charts.stored(root.tree()),
        gitlab_tree.make,
    )
    tree = root.tree()
    served = _joined([*_of_debian(tree), *kubernetes.parts(tree), charts.make()])
    parts = [images.stored(tree), *kubernetes.stored(tree), *bases.stored(tree)]
    stored = storage.joined([*parts, charts.stored(tree)])
    return Products(tree, served, stored, gitlab_tree.make())


def _of_debian(tree: Path) -> list[Path]:
    """What needs nothing compiled, with what a deploy has to know about each."""
    images.stored(tree)
    return [*(_repository(tree, repository) for repository in REPOSITORIES), harbor.make(tree)]


def _repository(tree: Path, repository: Repository) -> Path:
    """An apt repository as a tree of its own, with what a deploy has to know about it."""

    def make(directory: Path) -> None:
        work, www = directory / "work", directory / "www"
        work.mkdir()
        versions = apt.make(tree, repository, work, www)
        shutil.rmtree(work)
        facts = {name: versions[pkg].usual for name, pkg in PACKAGE_OF.items() if pkg in versions}
        facts |= {
            name.replace("_version", "_later_version"): versions[pkg].later
            for name, pkg in PACKAGE_OF.items()
            if pkg in versions and versions[pkg].later
        }
        key = www / repository.upstream / repository.key
        if repository is DOCKER:
            facts["docker_key_sha256"] = sum_of(key)
        else:
            facts["runner_key_fingerprint"] = keys.fingerprint(key)
        (directory / "facts.json").write_text(json.dumps(facts))

    sources = [HERE / f"{name}.py" for name in ("apt", "debs", "keys", "upstreams", "products")]
    ready_made = [ready.inputs(name) for name in repository.ready]
    known = (repository.upstream, debian.LATER_SUITE, fingerprint(*sources))
    inputs = " ".join((tree.name, *known, *ready_made))
    title = f"Build the apt repository of {repository.upstream}"
    return made_once("repository", inputs, title, make)


def _joined(parts: Sequence[Path]) -> Path:
    """All that port 80 serves as one tree, of the same files; and all facts as one."""

    def make(directory: Path) -> None:
        facts: dict[str, str] = {}
        for part in parts:
            facts |= json.loads((part / "facts.json").read_text())
        link([part / "www" for part in parts], directory / "www")
        (directory / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")

    return made_once("www", " ".join(map(str, parts)), "Put together what the mirror serves", make)
