"""What is in the registry, read from its own files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path("/data/registry/docker/registry/v2")


def repositories(project: str = "") -> list[str]:
    """Names of the repositories, of one project or of all, that a manifest was pushed to."""
    base = ROOT / "repositories"
    found = (place.parent.relative_to(base).as_posix() for place in base.rglob("_manifests"))
    return sorted(
        name
        for name in found
        if (not project or name.startswith(f"{project}/")) and artifacts(name)
    )


def artifacts(repository: str) -> dict[str, list[str]]:
    """Digests of the manifests in a repository, each with its tags."""
    known: dict[str, list[str]] = {link: [] for link in _links(repository, "revisions/sha256/*")}
    for place in sorted(_manifests(repository).glob("tags/*/current/link")):
        digest = place.read_text()
        if digest in known:
            known[digest].append(place.parts[-3])
    return known


def resolved(repository: str, reference: str) -> str | None:
    """The digest that a tag or digest stands for, if there is such a manifest."""
    for digest, tags in artifacts(repository).items():
        if reference == digest or reference in tags:
            return digest
    return None


def manifest(digest: str) -> dict[str, Any]:
    """A manifest as it was pushed."""
    told: dict[str, Any] = json.loads(_blob(digest).read_bytes())
    return told


def size(digest: str) -> int:
    """Bytes of a manifest and of all that it names."""
    told = manifest(digest)
    parts = [told.get("config"), *told.get("layers", []), *told.get("manifests", [])]
    return _blob(digest).stat().st_size + sum(int(part["size"]) for part in parts if part)


def pushed(repository: str, digest: str) -> str:
    """When a manifest came to a repository."""
    link = _manifests(repository) / "revisions/sha256" / digest.partition(":")[2] / "link"
    when = datetime.fromtimestamp(link.stat().st_mtime, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def consumption() -> int:
    """Bytes of all blobs together."""
    return sum(path.stat().st_size for path in ROOT.glob("blobs/sha256/*/*/data"))


def _manifests(repository: str) -> Path:
    return ROOT / "repositories" / repository / "_manifests"


def _links(repository: str, pattern: str) -> Iterator[str]:
    for place in sorted(_manifests(repository).glob(f"{pattern}/link")):
        yield place.read_text()


def _blob(digest: str) -> Path:
    name = digest.partition(":")[2]
    return ROOT / "blobs/sha256" / name[:2] / name / "data"
