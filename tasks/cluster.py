"""C5, D2: what the cluster is told once all its nodes are there."""

from __future__ import annotations

import spec
from operations import kubernetes
from spec.kubernetes import API_PORT
from tasks.layer import layer
from tasks.sources import source

PIPELINE = ".kube/ci"


@layer("k8s_control", "Cluster")
def apply() -> None:
    """Nodes with their labels, pods that tell whether the network works, a way in for CI."""
    label_nodes()
    probe()
    let_the_pipeline_in()
    offer_a_volume()


def label_nodes() -> None:
    """D2: where a pod may run is decided by what its node is called."""
    kubernetes.labelled(name="Label the workers", labels=spec.platform().k8s_worker.worker_labels)


def probe() -> None:
    """C5: a node that is Ready may still drop every packet: a pod on each is asked, and answers."""
    kubernetes.applied(
        name="Put a pod on each node that only answers",
        manifest=source("cluster", "/probe.yaml").content,
        among=_every_manifest(),
    )


def let_the_pipeline_in() -> None:
    """E: the runbook hands the pipeline the administrator's kubeconfig; this one has a fence."""
    platform = spec.platform()
    kubernetes.applied(
        name="Let the pipeline work in its namespace",
        manifest=source("cluster", "/ci.yaml").content,
        among=_every_manifest(),
    )
    kubernetes.granted(
        name="Write the pipeline's kubeconfig",
        account="ci",
        namespace=platform.k8s_worker.app_namespace,
        server=f"https://{platform.control.address}:{API_PORT}",
        user=platform.all.ssh_user,
        path=PIPELINE,
    )
    kubernetes.brought(
        name="Bring the pipeline's kubeconfig here",
        user=platform.all.ssh_user,
        remote=PIPELINE,
        local=platform.pipeline_kubeconfig,
        server=f"https://{platform.control.address}:{API_PORT}",
    )


def offer_a_volume() -> None:
    """D3: where the database's data is, which the pipeline may claim and may not decide."""
    kubernetes.applied(
        name="Offer the database its volume",
        manifest=source("cluster", "/volume.yaml").content,
        among=_every_manifest(),
    )


def _every_manifest() -> list[str]:
    return [
        source("cluster", "/probe.yaml").content,
        source("cluster", "/ci.yaml").content,
        source("cluster", "/volume.yaml").content,
    ]
