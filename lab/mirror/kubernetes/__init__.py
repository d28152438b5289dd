"""Kubernetes and its pod network, compiled here: packages, images, releases."""

from __future__ import annotations

from pathlib import Path

from lab.mirror import golang
from lab.mirror.go_products import (
    CNI,
    COREDNS,
    CRICTL,
    ETCD,
    FLANNEL,
    FLANNEL_CNI,
    HELM,
    KUBERNETES,
    PACKAGING,
)
from lab.mirror.kubernetes import calico, images, packages, releases


def compile_all() -> None:
    """Build what the others of this package pack; what takes longest first."""
    wanted = (HELM,) if releases.helm_is_wanted() else ()
    others = (CRICTL, COREDNS, FLANNEL, ETCD, CNI, FLANNEL_CNI, PACKAGING)
    golang.all_built((KUBERNETES, *others, *wanted))


def parts(tree: Path) -> list[Path]:
    """Directories with www/ and facts.json; of two facts with one name the later one counts."""
    real = calico.found()
    wanted = [releases.helm(tree)] if releases.helm_is_wanted() else []
    given = [calico.make(real)] if real else []
    return [packages.make(tree), releases.make(tree), *wanted, *given]


def stored(tree: Path) -> list[Path]:
    """Storages of a registry with all images."""
    real = calico.found()
    return [*images.stored(tree), *([calico.stored(tree, real)] if real else [])]
