"""Lines of Kubernetes, and what goes with each: one table, and the sentences that follow from it.

Which images go with a version (CoreDNS, etcd, pause) kubeadm says itself, and is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

SOON = timedelta(days=90)  # enough for one upgrade a month to the next line that lives


@dataclass(frozen=True)
class Line:
    """A minor version of Kubernetes."""

    end: date  # where its last patch was due: kubernetes.io/releases
    # Lines that their makers test with it: docs.tigera.io, "System requirements" of each. The page
    # of 3.30 was not to be had: between its neighbours'.
    calico: tuple[str, ...]
    # Of kubeadm's configuration: v1beta4 came with 1.31, v1beta3 went with 1.36 (kubernetes.io,
    # "kubeadm Configuration").
    kubeadm: str = "v1beta4"
    # Whether kubelet starts there without being told to: its field failCgroupV1 (KEP-5573).
    cgroup_v1: bool = False
    # The oldest major version that kubelet speaks to: without its call RuntimeConfig (2.0) none
    # from 1.37 on (KEP-4033).
    containerd: int = 1


LINES = {
    "1.28": Line(date(2024, 10, 22), ("3.28",), "v1beta3", cgroup_v1=True),
    "1.29": Line(date(2025, 2, 28), ("3.28", "3.29"), "v1beta3", cgroup_v1=True),
    "1.30": Line(date(2025, 7, 15), ("3.28", "3.29", "3.30"), "v1beta3", cgroup_v1=True),
    "1.31": Line(date(2025, 11, 11), ("3.29", "3.30"), cgroup_v1=True),
    "1.32": Line(date(2026, 2, 28), ("3.29", "3.30", "3.31"), cgroup_v1=True),
    "1.33": Line(date(2026, 6, 28), ("3.30", "3.31"), cgroup_v1=True),
    "1.34": Line(date(2026, 10, 27), ("3.30", "3.31", "3.32"), cgroup_v1=True),
    "1.35": Line(date(2027, 2, 28), ("3.31", "3.32", "3.33")),
    "1.36": Line(date(2027, 6, 28), ("3.32", "3.33")),
    "1.37": Line(date(2027, 10, 28), ("3.33",), containerd=2),
}
OLDEST, NEWEST = min(LINES), max(LINES)


def minor_of(version: str) -> str:
    """The line of a version, as the table has it: 1.36."""
    return ".".join(version.split(".")[:2])


def past_its_end(minor: str, today: date) -> str:
    """A sentence about a line that gets no more fixes, or soon none; "" of one that lives."""
    end = LINES[minor].end
    if today + SOON <= end:
        return ""
    if today <= end:
        return (
            f"Kubernetes {minor} gets security fixes until {end} only: set kubernetes_version to"
            " the next line, and run `make upgrade`"
        )
    return (
        f"Kubernetes {minor} reached its end of life on {end}: it gets no more security fixes;"
        " choose a newer line for a new cluster (kubernetes_version), or upgrade a line at a time"
        " (`make upgrade`)"
    )


def calico_fits(calico: str, minor: str) -> str:
    """Why a version of Calico and a line of Kubernetes do not go together; "" when they do."""
    known = minor_of(calico)
    if known in LINES[minor].calico:
        return ""
    made_for = [name for name, line in LINES.items() if known in line.calico]
    return (
        f"Calico {known} is made for Kubernetes {made_for[0]} to {made_for[-1]}, and"
        f" kubernetes_version is of {minor}: for that write one of"
        f" {', '.join(LINES[minor].calico)}"
    )


def containerd_fits(source: str, version: str, minor: str) -> str:
    """Why kubelet would not speak to a containerd; "" when it would.

    `version` is Docker's, which counts where its repository is the source. Debian 12 and 13, Ubuntu
    22.04 and 24.04 bring 1.x themselves.
    """
    needed = LINES[minor].containerd
    brought = 1 if source == "distribution" else int(version.split(".")[0])
    if brought >= needed:
        return ""
    found = "what the distributions bring is older"
    if source == "docker":
        found = f"docker_containerd_version is {version}"
    return (
        f"kubelet {minor} needs containerd {needed} or later, and {found}: write"
        f' containerd_source = "docker", with a docker_containerd_version from {needed}.0 on'
    )


def kubeadm_api(minor: str) -> str:
    """The version of kubeadm's configuration format."""
    return LINES[minor].kubeadm


def no_upgrade(runs: str, wanted: str) -> str:
    """Why a cluster cannot go from one version to another; "" when it can, or is there.

    kubeadm goes to a later patch or to the next line (kubernetes.io, "Upgrading kubeadm clusters").
    """
    was, to_be = _numbers(runs), _numbers(wanted)
    both = f"the cluster runs Kubernetes {runs}, and kubernetes_version is {wanted}"
    if to_be < was:
        return f"{both}: a cluster does not go back; set it to {runs}, or make the cluster anew"
    if to_be[1] > was[1] + 1:
        following = f"{was[0]}.{was[1] + 1}"
        return (
            f"{both}: it goes up one line at a time; set it to a version of {following} first, or"
            f" to {runs} to leave it as it is"
        )
    return ""


def is_newer(version: str, other: str) -> bool:
    """Whether one version came after another."""
    return _numbers(version) > _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
