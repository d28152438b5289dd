"""Files that upstreams release beside packages and images: the manifest of flannel, programs."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

from lab.mirror import root
from lab.mirror.go_products import FLANNEL, HELM, Product, Release
from lab.mirror.golang import built
from lab.mirror.kubernetes.images import MANIFEST
from lab.mirror.store import fingerprint, made_once, sum_of


def kubectl(tree: Path, release: Release) -> Path:
    """A directory with www/, the release of kubectl under its path, and facts.json without any."""

    def fill(directory: Path) -> None:
        folder = f"dl.k8s.io/release/v{release.version}/bin/linux/{root.architecture(tree)}"
        program = _place(directory / "www", f"{folder}/kubectl")
        os.link(built(release.kubernetes) / "kubectl", program)
        _sum_beside(program)
        (directory / "facts.json").write_text("{}")

    inputs = " ".join((tree.name, built(release.kubernetes).name, fingerprint(__file__)))
    return made_once("releases", inputs, f"Lay out kubectl {release.version}", fill)


def flannel(tree: Path, product: Product) -> Path:
    """A directory with www/, flannel's manifest under its path, and facts.json about it."""

    def fill(directory: Path) -> None:
        place = f"raw.githubusercontent.com/flannel-io/flannel/v{product.version}/Documentation"
        manifest = _place(directory / "www", f"{place}/{MANIFEST}")
        shutil.copyfile(built(product) / MANIFEST, manifest)
        name = product.name.replace("-", "_")
        facts = {f"{name}_version": product.version, f"{name}_sha256": sum_of(manifest)}
        if product is FLANNEL:
            facts["cni"] = "flannel"
        (directory / "facts.json").write_text(json.dumps(facts))

    inputs = " ".join((tree.name, built(product).name, fingerprint(__file__)))
    title = f"Lay out the manifest of flannel {product.version}"
    return made_once("releases-flannel", inputs, title, fill)


def helm(tree: Path) -> Path:
    """A directory with www/, the release of Helm under its path, and facts.json about it."""

    def fill(directory: Path) -> None:
        platform = f"linux-{root.architecture(tree)}"
        archive = _place(directory / "www", f"get.helm.sh/helm-v{HELM.version}-{platform}.tar.gz")
        _pack_helm(archive, platform)
        digest = _sum_beside(archive)
        archive.with_name(f"{archive.name}.sha256sum").write_text(f"{digest}  {archive.name}\n")
        facts = {"helm_version": HELM.version, "helm_sha256": digest}
        (directory / "facts.json").write_text(json.dumps(facts))

    inputs = " ".join((tree.name, built(HELM).name, fingerprint(__file__)))
    return made_once("releases-helm", inputs, "Lay out the release of Helm", fill)


def _place(www: Path, path: str) -> Path:
    place = www / path
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _sum_beside(path: Path) -> str:
    """Write the sum alone into a file beside it, as these upstreams do."""
    digest = sum_of(path)
    path.with_name(f"{path.name}.sha256").write_text(digest)
    return digest


def _pack_helm(archive: Path, folder: str) -> None:
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for file in ("helm", "LICENSE", "README.md"):
            tar.add(built(HELM) / file, f"{folder}/{file}")
