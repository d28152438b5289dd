"""Calico, when somebody has put a real one into lab/real/; there is no double, flannel stands in.

A real one is two things: a manifest, calico-v*.yaml, and its images as an OCI layout, calico/.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.mirror import real, storage
from lab.mirror.kubernetes.images import VersionsDisagree, named
from lab.mirror.store import fingerprint, made_once, sum_of

MANIFESTS, LAYOUT = "calico-v*.yaml", "calico"
RELEASES = "raw.githubusercontent.com/projectcalico/calico"
REFERENCE = "org.opencontainers.image.ref.name"


@dataclass(frozen=True)
class Calico:
    """The real one that is here."""

    manifest: Path
    layout: Path

    @property
    def version(self) -> str:
        """The version, without a v."""
        return self.manifest.stem.removeprefix("calico-v")

    @property
    def images(self) -> list[str]:
        """The names of its images, with their tags."""
        index = json.loads((self.layout / "index.json").read_text())
        return [str(image["annotations"][REFERENCE]) for image in index["manifests"]]


def found() -> Calico | None:
    """The real one in lab/real/, if both its parts are there; of one version, or it is refused."""
    manifest, layout = real.found(MANIFESTS), real.found(LAYOUT)
    if not (manifest and layout):
        return None
    calico = Calico(manifest, layout)
    asked = {image.removeprefix("docker.io/") for image in named(manifest.read_text())}
    missing = sorted(asked - {*calico.images})
    if missing:
        raise VersionsDisagree(
            f"lab/real: {manifest.name} asks for {', '.join(missing)}, which"
            f" {LAYOUT}/ does not have; put in both of one version, or neither"
        )
    return calico


def described() -> str:
    """One line for a person: which pod network this lab has."""
    calico = found()
    if calico:
        return real.described("Calico", calico.manifest.name)
    return "Calico: none, flannel in its place"


def make(calico: Calico) -> Path:
    """A directory with www/, which has the manifest under its path, and facts.json about it."""

    def fill(directory: Path) -> None:
        place = directory / "www" / RELEASES / f"v{calico.version}/manifests/calico.yaml"
        place.parent.mkdir(parents=True)
        shutil.copyfile(calico.manifest, place)
        facts = {
            "cni": "calico",
            "calico_version": calico.version,
            "calico_sha256": sum_of(place),
        }
        (directory / "facts.json").write_text(json.dumps(facts))

    inputs = fingerprint(calico.manifest, __file__)
    return made_once("calico", inputs, "Lay out Calico's manifest", fill)


def stored(tree: Path, calico: Calico) -> Path:
    """The storage of a registry with its images, filled unless the cache has it."""
    title = "Take over the real Calico's images"
    return storage.of_layout(tree, "images-calico", calico.layout, calico.images, title)
