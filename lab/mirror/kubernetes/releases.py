"""Files that upstreams release beside packages and images: the manifest of flannel, programs."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

from lab.mirror import root
from lab.mirror.golang import FLANNEL, HELM, KUBERNETES, built
from lab.mirror.kubernetes.images import MANIFEST
from lab.mirror.store import fingerprint, made_once, sum_of


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
        helm = _place(www, f"get.helm.sh/helm-v{HELM.version}-linux-{architecture}.tar.gz")
        _pack_helm(helm, f"linux-{architecture}")
        digest = _sum_beside(helm)
        helm.with_name(f"{helm.name}.sha256sum").write_text(f"{digest}  {helm.name}\n")
        facts = {
            "cni": "flannel",
            "flannel_version": FLANNEL.version,
            "flannel_sha256": sum_of(manifest),
        }
        (directory / "facts.json").write_text(json.dumps(facts))

    made_of = [built(product).name for product in (KUBERNETES, FLANNEL, HELM)]
    inputs = " ".join((tree.name, *made_of, fingerprint(__file__)))
    return made_once("releases", inputs, "Lay out the releases of kubectl, helm and flannel", fill)


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
