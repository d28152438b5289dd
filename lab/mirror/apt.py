"""Apt repositories in the layout of their upstreams, each signed with a key of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import debian
from lab.mirror import debs, keys, root
from lab.mirror.upstreams import Repository

INDEX = """
cd /mirror/www
for packages in dists/*/*/binary-*; do
  apt-ftparchive packages "$1" > "$packages/Packages"
  gzip --keep --no-name "$packages/Packages"
done
"""


def make(tree: Path, repository: Repository, work: Path, www: Path) -> dict[str, str]:
    """Write `repository` below `www`; returns the versions that it has of each package."""
    base = www / repository.upstream / repository.base
    suite = base / "dists" / debian.SUITE
    architecture = root.architecture(tree)
    pool = suite / "pool/stable" / architecture
    pool.parent.mkdir(parents=True)
    (suite / f"stable/binary-{architecture}").mkdir(parents=True)

    versions = debs.make(tree, repository.packages, work)
    shutil.move(work / "pool", pool)
    in_base = {"www": base}
    root.build_with(tree, "sh", "-ec", INDEX, "sh", f"{pool.relative_to(base)}", binds=in_base)
    about = {
        "Origin": repository.origin,
        "Label": repository.label,
        "Suite": debian.SUITE,
        "Codename": debian.SUITE,
        "Architectures": architecture,
        "Components": "stable",
    }
    options = [f"--option=APT::FTPArchive::Release::{name}={text}" for name, text in about.items()]
    command = ("apt-ftparchive", *options, "release", f"{root.HOME}/www/dists/{debian.SUITE}")
    (suite / "Release").write_text(root.build_with(tree, *command, binds=in_base))
    key = keys.key(tree, repository.upstream)
    keys.sign(tree, key, suite)
    shutil.copyfile(key / "public.asc", www / repository.upstream / repository.key)
    return versions
