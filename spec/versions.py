"""Versions: the ranges that the templates here know, and what goes with what."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

# kubeadm's configuration changes its format with the minor versions; these ones are known.
OLDEST_MINOR, NEWEST_MINOR = 28, 37
# Up to this one Harbor's releases carry an OpenPGP signature (goharbor/harbor#21100).
HARBOR_SIGNED = (2, 11)
# The line that is shipped. That its sum is missing is said by each run, and not refused, so that a
# plan can be looked at before somebody has fetched the bundle to sum it up.
HARBOR_SHIPPED = (2, 14)
# Kubernetes' minor versions that a line of Calico is tested with by its makers, the first and the
# last (docs.tigera.io: system requirements). The page of 3.30 was not to be had: between its
# neighbours'.
CALICO = {
    "3.28": (27, 30),
    "3.29": (29, 32),
    "3.30": (30, 34),
    "3.31": (32, 35),
    "3.32": (34, 36),
    "3.33": (35, 37),
}
Line = tuple[int, ...]
_NUMBER = "(?:0|[1-9][0-9]*)"


def line(version: str) -> Line:
    """Major and minor version, to compare."""
    return tuple(int(number) for number in version.split(".")[:2])


def _known(product: str, oldest: Line, newest: Line) -> AfterValidator:
    first, last = (".".join(str(number) for number in end) for end in (oldest, newest))
    # Of a major version all minor ones are known.
    last = last if len(newest) > 1 else f"{last}.x"

    def check(value: str) -> str:
        if not re.fullmatch(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}", value):
            raise ValueError("not a version such as 1.2.3")
        bare = value.removeprefix("v")
        if line(bare) < oldest or line(bare)[: len(newest)] > newest:
            raise ValueError(f"this deploy knows {product} {first} to {last}: write one of these")
        return bare

    return AfterValidator(check)


def _kubernetes(value: str) -> str:
    if not re.fullmatch(rf"v?1\.{_NUMBER}\.{_NUMBER}", value):
        raise ValueError("not an exact version of Kubernetes such as 1.30.1")
    minor = int(value.split(".")[1])
    if not OLDEST_MINOR <= minor <= NEWEST_MINOR:
        raise ValueError(f"this deploy knows Kubernetes 1.{OLDEST_MINOR} to 1.{NEWEST_MINOR}")
    return value.removeprefix("v")


def calico_fits(calico: str, minor: str) -> str:
    """Why a version of Calico and a line of Kubernetes do not go together; "" when they do."""
    known = ".".join(calico.split(".")[:2])
    oldest, newest = CALICO[known]
    if oldest <= int(minor.partition(".")[2]) <= newest:
        return ""
    fitting = ", ".join(
        name for name, (first, last) in CALICO.items() if first <= line(minor)[1] <= last
    )
    return (
        f"Calico {known} is made for Kubernetes 1.{oldest} to 1.{newest}, and kubernetes_version is"
        f" of {minor}: for that write one of {fitting}"
    )


KubernetesVersion = Annotated[str, AfterValidator(_kubernetes)]
# From there on its packages bring Compose and buildx; 29 is the newest whose image store was tried.
DockerVersion = Annotated[str, _known("Docker", (20, 10), (29,))]
ContainerdVersion = Annotated[str, _known("Docker's containerd", (1, 4), (2,))]
# Compose has no 3 and no 4.
ComposeVersion = Annotated[str, _known("Docker Compose", (2, 0), (5,))]
BuildxVersion = Annotated[str, _known("Docker's buildx", (0, 6), (0,))]
# The keys of harbor.yml as they are written here; 1.x and what came before 2.9 have others.
HarborVersion = Annotated[str, _known("Harbor", (2, 9), (2,))]
# Tokens that begin with glrt- came with 16.
RunnerVersion = Annotated[str, _known("GitLab Runner", (16, 0), (19,))]
CalicoVersion = Annotated[str, _known("Calico", (3, 28), (3, 33))]
# Its namespace has been kube-flannel since.
FlannelVersion = Annotated[str, _known("flannel", (0, 20), (0,))]
