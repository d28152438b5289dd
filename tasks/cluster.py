"""C5, D2: what the cluster is told once all its nodes are there."""

from __future__ import annotations

from operations import control_plane, kubeconfig, kubernetes
from operations.sources import source
from spec import Platform
from spec.kubernetes import API_PORT, KUBELET_PORT
from tasks.layer import layer

PIPELINE = ".kube/ci"


@layer("k8s_control", "Cluster")
def apply(platform: Platform) -> None:
    """Known kubelets, labels, pods that tell whether the network works, a way in for CI."""
    know_kubelets(platform)
    label_nodes(platform)
    probe(platform)
    fence(platform)
    let_the_pipeline_in(platform)
    offer_a_volume(platform)


def know_kubelets(platform: Platform) -> None:
    """Who answers in a kubelet's place is no kubelet: each has a certificate of the cluster's."""
    control_plane.approved(
        name="Approve the certificates of the nodes' kubelets",
        addresses=[f"{node.address}:{KUBELET_PORT}" for node in platform.members("k8s_node")],
    )


def label_nodes(platform: Platform) -> None:
    """D2: where a pod may run is decided by what its node is called."""
    kubernetes.labelled(name="Label the workers", labels=platform.k8s_worker.worker_labels)


def probe(platform: Platform) -> None:
    """C5: a node that is Ready may still drop every packet: a pod on each is asked, and answers."""
    kubernetes.applied(
        name="Put a pod on each node that only answers",
        manifest=source(platform, "cluster", "/probe.yaml").content,
        among=_every_manifest(platform),
    )


def fence(platform: Platform) -> None:
    """E: what works in the application's namespace stays there: whoever has its kubeconfig, too."""
    kubernetes.applied(
        name="Fence the application's namespace",
        manifest=source(platform, "cluster", "/fence.yaml").content,
        among=_every_manifest(platform),
    )


def let_the_pipeline_in(platform: Platform) -> None:
    """E: the runbook hands the pipeline the administrator's kubeconfig; this one ends.

    Its account lives beside the application: in the same namespace it might make itself a token
    without an end.
    """
    namespace = platform.k8s_worker.app_namespace
    kubernetes.applied(
        name="Let the pipeline work in its namespace",
        manifest=source(platform, "cluster", "/ci.yaml").content,
        among=_every_manifest(platform),
    )
    kubernetes.removed(
        name="Remove the account whose token had no end",
        paths=[f"/api/v1/namespaces/{namespace}/serviceaccounts/ci"],
    )
    kubeconfig.for_account(
        name="Write the pipeline's kubeconfig",
        account="ci",
        account_namespace=f"{namespace}-ci",
        namespace=namespace,
        server=f"https://{platform.control.address}:{API_PORT}",
        user=platform.all.ssh_user,
        path=PIPELINE,
    )
    kubeconfig.fetched(
        name="Bring the pipeline's kubeconfig here",
        remote=PIPELINE,
        local=platform.pipeline_kubeconfig,
        server=f"https://{platform.control.address}:{API_PORT}",
        namespace=namespace,
    )


def offer_a_volume(platform: Platform) -> None:
    """D3: where the database's data is, which the pipeline may claim and may not decide."""
    kubernetes.applied(
        name="Offer the database its volume",
        manifest=source(platform, "cluster", "/volume.yaml").content,
        among=_every_manifest(platform),
    )


def _every_manifest(platform: Platform) -> list[str]:
    return [
        source(platform, "cluster", "/probe.yaml").content,
        source(platform, "cluster", "/fence.yaml").content,
        source(platform, "cluster", "/ci.yaml").content,
        source(platform, "cluster", "/volume.yaml").content,
    ]
