"""Which Kubernetes somebody wants in the lab: KUBERNETES in the environment of `up`."""

from __future__ import annotations

import os

from lab.mirror.go_products import FLANNEL, FLANNEL_LATER, RELEASES, Product, Release

WANTED = "KUBERNETES"
USUAL = "1.36.3"  # of the line that the platform has by default


def releases() -> tuple[Release, ...]:
    """Those that are built and served, the one to deploy first: `KUBERNETES=1.35.4,1.36.3`."""
    known = {release.version: release for release in RELEASES}
    names = os.environ.get(WANTED) or USUAL
    wanted = dict.fromkeys(names.split(","))
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(f"{WANTED}={names}: no {unknown[0]} here; there are {', '.join(known)}")
    return tuple(known[name] for name in wanted)


def networks() -> tuple[Product, ...]:
    """The flannels that are built and served, the one to deploy first; another one to go to only
    where there is another Kubernetes to go to.
    """
    return (FLANNEL, FLANNEL_LATER) if len(releases()) > 1 else (FLANNEL,)
