"""Versions: the ranges that the templates here know."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from spec.lines import LINES, NEWEST, OLDEST, minor_of

# Up to this one Harbor's releases carry an OpenPGP signature (goharbor/harbor#21100).
HARBOR_SIGNED = (2, 11)
# The line that is shipped. That its sum is missing is said by each run, and not refused, so that a
# plan can be looked at before somebody has fetched the bundle to sum it up.
HARBOR_SHIPPED = (2, 14)
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
        raise ValueError("not an exact version of Kubernetes such as 1.36.1")
    bare = value.removeprefix("v")
    if minor_of(bare) not in LINES:
        raise ValueError(f"this deploy knows Kubernetes {OLDEST} to {NEWEST}")
    return bare


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
# Labels of a release came with 3.13; 4 was not tried.
HelmVersion = Annotated[str, _known("Helm", (3, 13), (3,))]
