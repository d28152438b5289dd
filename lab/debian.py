"""Where this machine gets Debian from: the lab gets its Debian from the same place."""

from __future__ import annotations

import os
from functools import cache as once

from lab import cache
from lab.shell import run

SUITE = "trixie"
LATER_SUITE = "forky"  # what follows it: later versions of the same software


@once
def archive() -> str:
    """Base URL of a Debian archive: LAB_DEBIAN_MIRROR, else what this machine's apt uses."""
    named = os.environ.get("LAB_DEBIAN_MIRROR")
    return named.rstrip("/") if named else _from_apt("Debian")


@once
def security() -> str:
    """Base URL of the Debian security archive, found likewise (LAB_DEBIAN_SECURITY)."""
    named = os.environ.get("LAB_DEBIAN_SECURITY")
    return named.rstrip("/") if named else _from_apt("Debian-Security")


def sources(suite: str = SUITE) -> list[str]:
    """The apt sources of a suite there, as lines of a sources.list."""
    return [
        f"deb {archive()} {suite} main",
        f"deb {archive()} {suite}-updates main",
        f"deb {security()} {suite}-security main",
    ]


def _from_apt(label: str) -> str:
    # Where apt is told to keep no cache of its lists, it makes one anew each time.
    kept = f"Dir::Cache::pkgcache={cache() / 'apt.bin'}"
    cache().mkdir(parents=True, exist_ok=True)
    listed = run("apt-get", "-o", kept, "indextargets", "--format", "$(LABEL)|$(REPO_URI)")
    for line in listed.splitlines():
        found, _, uri = line.partition("|")
        if found == label and uri.startswith("http"):
            return uri.rstrip("/")
    raise LookupError(
        f"no apt source of this machine is labelled {label!r}; run 'apt-get update', or name the"
        " archives in LAB_DEBIAN_MIRROR and LAB_DEBIAN_SECURITY"
    )
