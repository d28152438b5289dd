"""The version of Kubernetes, which a plain run leaves as it is."""

from __future__ import annotations

from facts.probe import Probe
from spec import Machine, Platform
from spec.lines import is_newer, minor_of, no_upgrade
from tasks.preflight.finding import Findings, refused


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """A cluster of another version, and a node that is left at an older line."""
    runs, wanted = probe.others.running.version, platform.k8s_node.kubernetes_version
    if runs and runs != wanted:
        reason = no_upgrade(runs, wanted) or (
            f"the cluster runs Kubernetes {runs}, and kubernetes_version is {wanted}: `make"
            " upgrade` goes there, a node after the other; a run does not"
        )
        yield refused(machine, reason)
        return
    kubelet = probe.packages.version("kubelet").partition("-")[0]
    older = kubelet and is_newer(wanted, kubelet) and minor_of(kubelet) != minor_of(wanted)
    if probe.others.server and older:
        yield refused(
            machine,
            f"its kubelet is {kubelet}, and kubernetes_version is {wanted}: `make upgrade` comes to"
            " it, and a run does not",
        )
