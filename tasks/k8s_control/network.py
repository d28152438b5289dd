"""C5: the pod network; without one no node becomes Ready."""

from __future__ import annotations

from pyinfra import host

from operations import kubernetes
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.kubernetes import NODE_PORTS


def apply(platform: Platform) -> None:
    """C5: the runbook applies a file from the internet as it comes; here its sum is known.

    Nothing in it is edited: kustomize, which kubectl has, lays our values over it.
    """
    _give(platform)


def _give(platform: Platform) -> None:
    if host.name != platform.control.name:
        return
    cni = platform.k8s_control.cni
    url, sha256, changes = {"calico": _calico, "flannel": _flannel}[cni](platform)
    kubernetes.network(
        name=f"Give pods their network, {cni}", cni=cni, url=url, sha256=sha256, changes=changes
    )


def _calico(platform: Platform) -> tuple[str, str, list[File]]:
    """Where its manifest is, the sum of that, and what is laid over it."""
    settings = platform.k8s_control
    version = settings.calico_version.removeprefix("v")
    return (
        f"{settings.calico_manifests}/v{version}/manifests/calico.yaml",
        settings.calico_sha256,
        [source(platform, "k8s_control", "/etc/kubernetes/network/calico/kustomization.yaml")],
    )


def _flannel(platform: Platform) -> tuple[str, str, list[File]]:
    """The same of flannel, and what enforces policies beside it."""
    settings = platform.k8s_control
    version = settings.flannel_version.removeprefix("v")
    return (
        f"{settings.flannel_manifests}/v{version}/Documentation/kube-flannel.yml",
        settings.flannel_sha256,
        [
            source(platform, "k8s_control", "/etc/kubernetes/network/flannel/kustomization.yaml"),
            source(
                platform,
                "k8s_control",
                "/etc/kubernetes/network/flannel/policies.yaml",
                node_ports=NODE_PORTS,
            ),
        ],
    )
