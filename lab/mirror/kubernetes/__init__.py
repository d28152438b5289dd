"""Kubernetes and its pod network, compiled here: packages, images, releases."""

from __future__ import annotations

from pathlib import Path

from lab.mirror import golang
from lab.mirror.go_products import CNI, FLANNEL_CNI, HELM, KUBE_ROUTER, PACKAGING
from lab.mirror.kubernetes import calico, images, packages, releases, wanted


def compile_all() -> None:
    """Build what the others of this package pack; what takes longest first."""
    lines = (product for release in wanted.releases() for product in release.products)
    others = (*wanted.networks(), CNI, FLANNEL_CNI, KUBE_ROUTER, PACKAGING, HELM)
    golang.all_built(tuple(dict.fromkeys((*lines, *others))))


def parts(tree: Path) -> list[Path]:
    """Directories with www/ and facts.json; of two facts with one name the later one counts."""
    real = calico.found()
    given = [calico.make(real)] if real else []
    # The one to deploy comes last, so that its facts count.
    lines = [packages.make(tree, release) for release in reversed(wanted.releases())]
    programs = [releases.kubectl(tree, release) for release in wanted.releases()]
    # Of flannel likewise.
    networks = [releases.flannel(tree, product) for product in reversed(wanted.networks())]
    return [*lines, *programs, *networks, releases.helm(tree), *given]


def stored(tree: Path) -> list[Path]:
    """Storages of a registry with all images."""
    real = calico.found()
    lines = [images.control_plane(tree, release) for release in wanted.releases()]
    networks = [images.network(tree, product) for product in wanted.networks()]
    return [*lines, *networks, *([calico.stored(tree, real)] if real else [])]
