"""Kubernetes and its pod network, compiled here: packages, images, releases."""

from __future__ import annotations

from pathlib import Path

from lab.mirror.kubernetes import calico, images, packages, releases


def parts(tree: Path) -> list[Path]:
    """Directories with www/ and facts.json; of two facts with one name the later one counts."""
    real = calico.found()
    return [packages.make(tree), releases.make(tree), *([calico.make(real)] if real else [])]


def stored(tree: Path) -> list[Path]:
    """Storages of a registry with all images."""
    real = calico.found()
    return [*images.stored(tree), *([calico.stored(tree, real)] if real else [])]
