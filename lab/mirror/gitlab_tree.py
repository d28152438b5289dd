"""Where GitLab's stand-in runs: a Debian with git, node and sshd; gitlab-ci-local from npm."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.mirror import bases, root
from lab.mirror.store import fingerprint, made_once

HERE = Path(__file__).parent
PACKAGES = ("git", "nodejs", "openssh-server", "python3")
ACCOUNT = "git"
# Who logs in with a key (a password of "!" would lock the account), and where sshd locks itself in
# before a login.
FINISH = f"""
useradd --system --create-home --shell /bin/sh --password '*' {ACCOUNT}
mkdir -p /run/sshd
"""
READER = HERE / "gitlab_ci"


@dataclass(frozen=True)
class Parts:
    """Where they are."""

    tree: Path
    modules: Path  # with node_modules in it


def make() -> Parts:
    """Make both, unless the cache has them."""
    title = "Build a Debian for GitLab's stand-in"
    tree = root.debian_with("gitlab", PACKAGES, title, finish=FINISH)
    return Parts(tree, _modules())


def _modules() -> Path:
    """gitlab-ci-local and what it needs, exactly as its lock file says."""
    debian = bases.debian(bases.NODE)

    def fetch(out: Path) -> None:
        bases.fetch_npm(debian, READER, out)
        shutil.move(out / "work/node_modules", out / "node_modules")
        shutil.rmtree(out / "work")
        shutil.rmtree(out / "cache")

    inputs = " ".join((debian.name, fingerprint(READER), bases.FETCH_NPM))
    return made_once("gitlab-ci", inputs, "Fetch what reads a .gitlab-ci.yml", fetch)
