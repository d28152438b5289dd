"""C5: the control plane: a cluster that is made once, its pod network, and who gets in."""

from __future__ import annotations

from spec import Platform
from tasks.k8s_control import access, init, network
from tasks.layer import layer


@layer("k8s_control", "K8s control")
def apply(platform: Platform) -> None:
    """An API server that answers, a network for its pods, a kubeconfig for the administrator."""
    init.apply(platform)
    access.apply(platform)
    network.apply(platform)
