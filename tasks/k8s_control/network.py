"""C5: the pod network; without one no node becomes Ready."""

from __future__ import annotations

import spec
from operations import kubernetes
from operations.files import File
from tasks.sources import source


def apply() -> None:
    """C5: the runbook applies a file from the internet as it comes; here its sum is known.

    Nothing in it is edited: kustomize, which kubectl has, lays our values over it.
    """
    settings = spec.platform().k8s_control
    kubernetes.network(
        name=f"Give pods their network, {settings.cni}",
        cni=settings.cni,
        url=_urls()[settings.cni],
        sha256={"calico": settings.calico_sha256, "flannel": settings.flannel_sha256}[settings.cni],
        changes=[_changes()[settings.cni]],
    )


def _changes() -> dict[str, File]:
    return {
        "calico": source("k8s_control", "/etc/kubernetes/network/calico/kustomization.yaml"),
        "flannel": source("k8s_control", "/etc/kubernetes/network/flannel/kustomization.yaml"),
    }


def _urls() -> dict[str, str]:
    settings = spec.platform().k8s_control
    calico = settings.calico_version.removeprefix("v")
    flannel = settings.flannel_version.removeprefix("v")
    return {
        "calico": f"{settings.calico_manifests}/v{calico}/manifests/calico.yaml",
        "flannel": f"{settings.flannel_manifests}/v{flannel}/Documentation/kube-flannel.yml",
    }
