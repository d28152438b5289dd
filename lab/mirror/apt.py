"""Apt repositories in the layout of their upstreams, each signed with a key of its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from lab import debian
from lab.mirror import debs, keys, ready, root
from lab.mirror.debs import Versions
from lab.mirror.upstreams import Repository

INDEX = """
cd /mirror/www
for packages in dists/*/*/binary-*; do
  apt-ftparchive packages "$1" > "$packages/Packages"
  gzip --keep --no-name "$packages/Packages"
done
"""
FLAT_INDEX = """
cd /mirror/www
for folder in */; do apt-ftparchive packages "${folder%/}"; done > Packages
gzip --keep --no-name Packages
"""


def make(tree: Path, repository: Repository, work: Path, www: Path) -> dict[str, Versions]:
    """Write `repository` below `www`; returns the versions that it has of each package."""
    base = www / repository.upstream / repository.base
    suite = base / "dists" / debian.SUITE
    architecture = root.architecture(tree)
    pool = base / repository.pool.format(suite=debian.SUITE, architecture=architecture)
    pool.parent.mkdir(parents=True)
    (suite / f"{repository.component}/binary-{architecture}").mkdir(parents=True)

    (work / "pool").mkdir()
    versions = debs.make(tree, repository.packages, work) if repository.packages else {}
    versions |= {name: ready.make(tree, name, work) for name in repository.ready}
    shutil.move(work / "pool", pool)
    in_base = {"www": base}
    root.build_with(tree, "sh", "-ec", INDEX, "sh", f"{pool.relative_to(base)}", binds=in_base)
    about = {
        "Origin": repository.origin,
        "Label": repository.label,
        "Suite": debian.SUITE,
        "Codename": debian.SUITE,
        "Architectures": architecture,
        "Components": repository.component,
    }
    _release(tree, repository.upstream, about, suite, www / repository.upstream / repository.key)
    return versions


def make_flat(tree: Path, upstream: str, about: Mapping[str, str], base: Path, key: Path) -> None:
    """Index and sign the packages in the folders of `base`, whose suite a source entry calls /."""
    root.build_with(tree, "sh", "-ec", FLAT_INDEX, binds={"www": base})
    _release(tree, upstream, about, base, key)


def _release(tree: Path, upstream: str, about: Mapping[str, str], suite: Path, key: Path) -> None:
    """Say in `suite` what its indices are, signed by the upstream's key, which goes to `key`."""
    options = [f"--option=APT::FTPArchive::Release::{name}={text}" for name, text in about.items()]
    command = ("apt-ftparchive", *options, "release", f"{root.HOME}/www")
    (suite / "Release").write_text(root.build_with(tree, *command, binds={"www": suite}))
    signer = keys.key(tree, upstream)
    keys.sign(tree, signer, suite)
    shutil.copyfile(signer / "public.asc", key)
