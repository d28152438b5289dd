"""Files that upstreams release beside packages and images: the manifest of flannel, programs."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

from lab.mirror import root
from lab.mirror.go_products import FLANNEL, HELM, KUBERNETES
from lab.mirror.golang import built
from lab.mirror.kubernetes.images import MANIFEST
from lab.mirror.store import fingerprint, made_once, sum_of

WANTED = "LAB_HELM"  # in the environment of `up`


def make(tree: Path) -> Path:
    """A directory with www/, the releases under their paths, and facts.json about them."""

    def fill(directory: Path) -> None:
        www, architecture = directory / "www", root.architecture(tree)
        manifest = _place(www, f"{_flannel()}/Documentation/{MANIFEST}")
        shutil.copyfile(built(FLANNEL) / MANIFEST, manifest)
        kubectl = _place(
            www, f"dl.k8s.io/release/v{KUBERNETES.version}/bin/linux/{architecture}/kubectl"
        )
        os.link(built(KUBERNETES) / "kubectl", kubectl)
        _sum_beside(kubectl)
        facts = {
            "cni": "flannel",
            "flannel_version": FLANNEL.version,
            "flannel_sha256": sum_of(manifest),
        }
        (directory / "facts.json").write_text(json.dumps(facts))

    made_of = [built(product).name for product in (KUBERNETES, FLANNEL)]
    inputs = " ".join((tree.name, *made_of, fingerprint(__file__)))
    return made_once("releases", inputs, "Lay out the releases of kubectl and flannel", fill)


def helm_is_wanted() -> bool:
    """Whether a person wants Helm served, which takes a minute to compile and the platform none."""
    return os.environ.get(WANTED) == "1"


def helm(tree: Path) -> Path:
    """A directory with www/, the release of Helm under its path, and facts.json without any."""

    def fill(directory: Path) -> None:
        platform = f"linux-{root.architecture(tree)}"
        archive = _place(directory / "www", f"get.helm.sh/helm-v{HELM.version}-{platform}.tar.gz")
        _pack_helm(archive, platform)
        digest = _sum_beside(archive)
        archive.with_name(f"{archive.name}.sha256sum").write_text(f"{digest}  {archive.name}\n")
        (directory / "facts.json").write_text("{}")

    inputs = " ".join((tree.name, built(HELM).name, fingerprint(__file__)))
    return made_once("releases-helm", inputs, "Lay out the release of Helm", fill)


def _flannel() -> str:
    return f"raw.githubusercontent.com/flannel-io/flannel/v{FLANNEL.version}"


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
