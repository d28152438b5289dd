"""What speaks against an upgrade of Kubernetes, as each machine sees it."""

from __future__ import annotations

from collections import defaultdict

from facts.probe import Probe
from spec import Machine, Platform
from spec.lines import LINES, is_newer, minor_of, no_upgrade
from tasks.preflight.finding import Findings, noted, refused

# Free MiB for new packages and the images of a control plane; those that run stay meanwhile.
NEEDS_MIB = {"/usr": 400, "/var/cache": 200, "/var/lib/containerd": 1000}


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """Versions that are too far apart, a pod network for one of them only, no room."""
    wanted = platform.k8s_node.kubernetes_version
    if "k8s_control" in machine.groups:
        yield from _cluster(platform, machine, probe.others.running.version)
    if "k8s_node" not in machine.groups:
        return
    kubelet = probe.packages.version("kubelet").partition("-")[0]
    if kubelet and is_newer(kubelet, wanted):
        yield refused(
            machine,
            f"its kubelet is {kubelet}, and kubernetes_version is {wanted}: no kubelet may be newer"
            " than the API server; set kubernetes_version to its version at least",
        )
    if kubelet == wanted:
        return
    yield from _room(machine, probe)
    if (machine,) == platform.members("k8s_worker"):
        yield noted(
            machine, "is the only worker: nothing of the application answers while its turn lasts"
        )


def _cluster(platform: Platform, machine: Machine, runs: str) -> Findings:
    settings, wanted = platform.k8s_control, platform.k8s_node.kubernetes_version
    if not runs:
        yield refused(machine, "has no cluster to upgrade: `make deploy` begins one")
        return
    if reason := no_upgrade(runs, wanted):
        yield refused(machine, reason)
        return
    was, to_be = minor_of(runs), minor_of(wanted)
    known = minor_of(settings.calico_version)
    if settings.cni == "calico" and was in LINES and known not in LINES[was].calico:
        both = [name for name in LINES[to_be].calico if name in LINES[was].calico]
        yield refused(
            machine,
            f"Calico {known} is not made for Kubernetes {was}, which runs meanwhile: set"
            f" calico_version to one of {', '.join(both)}, and to this one afterwards",
        )


def _room(machine: Machine, probe: Probe) -> Findings:
    free: dict[str, int] = {}
    needed: dict[str, int] = defaultdict(int)
    for room in probe.system.rooms:
        if room.path in NEEDS_MIB:
            free[room.mounted] = room.free_mib
            needed[room.mounted] += NEEDS_MIB[room.path]
    for mounted, mib in needed.items():
        if free[mounted] < mib:
            yield refused(
                machine,
                f"{free[mounted]} MiB free on {mounted}, {mib} are needed there for new packages"
                " and images: make room",
            )
