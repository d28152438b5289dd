"""C5, D2: what the cluster is told once all its nodes are there."""

from __future__ import annotations

from operations import bootstrap_token, control_plane, database, kubeconfig, kubernetes
from operations.sources import source
from spec import Platform
from spec.kubernetes import KUBELET_PORT
from tasks.layer import layer

PIPELINE = ".kube/ci"


@layer("control", "Cluster")
def apply(platform: Platform) -> None:
    """Known kubelets, labels, pods that tell whether the network works, a way in for CI."""
    know_kubelets(platform)
    forget_tokens()
    label_nodes(platform)
    probe(platform)
    guard_names(platform)
    fence(platform)
    let_the_pipeline_in(platform)
    offer_a_volume(platform)


def know_kubelets(platform: Platform) -> None:
    """Who answers in a kubelet's place is no kubelet: each has a certificate of the cluster's."""
    control_plane.approve_kubelets(
        name="Approve the certificates of the nodes' kubelets",
        addresses=[f"{node.address}:{KUBELET_PORT}" for node in platform.members("k8s_node")],
    )


def forget_tokens() -> None:
    """C5: who finds a token may join: those of runs that were cut off end here, not in an hour."""
    bootstrap_token.forget(name="Forget the tokens of joins that were cut off")


def label_nodes(platform: Platform) -> None:
    """D2: where a pod may run is decided by what its node is called."""
    kubernetes.labels(name="Label the workers", labels=platform.k8s_worker.worker_labels)


def probe(platform: Platform) -> None:
    """C5: a node that is Ready may still drop every packet: a pod on each is asked, and answers."""
    kubernetes.manifest(
        name="Put a pod on each node that only answers",
        manifest=source(platform, "cluster", "/probe.yaml").content,
        among=_every_manifest(platform),
    )


def guard_names(platform: Platform) -> None:
    """C5: of the cluster's own pods all but DNS are on the nodes' network, behind the firewall."""
    kubernetes.manifest(
        name="Guard the cluster's DNS",
        manifest=source(platform, "cluster", "/names.yaml").content,
        among=_every_manifest(platform),
    )


def fence(platform: Platform) -> None:
    """E: what works in the application's namespace stays there: whoever has its kubeconfig, too."""
    kubernetes.manifest(
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
    kubernetes.manifest(
        name="Let the pipeline work in its namespace",
        manifest=source(platform, "cluster", "/ci.yaml").content,
        among=_every_manifest(platform),
    )
    kubernetes.delete(
        name="Remove the account whose token had no end",
        paths=[f"/api/v1/namespaces/{namespace}/serviceaccounts/ci"],
    )
    kubeconfig.for_account(
        name="Write the pipeline's kubeconfig",
        account="ci",
        account_namespace=f"{namespace}-ci",
        namespace=namespace,
        server=platform.api,
        user=platform.all.ssh_user,
        path=PIPELINE,
    )
    kubeconfig.fetch(
        name="Bring the pipeline's kubeconfig here",
        remote=PIPELINE,
        local=platform.pipeline_kubeconfig,
        server=platform.api,
        namespace=namespace,
    )


def offer_a_volume(platform: Platform) -> None:
    """D3: where the database's data is, which the pipeline may claim and may not decide."""
    database.volume(
        name="Offer the database its volume",
        platform=platform,
        manifest=source(platform, "cluster", "/volume.yaml").content,
        among=_every_manifest(platform),
    )
    kubernetes.release_volume(
        name="Let the database claim its volume again",
        volume=f"{platform.k8s_worker.app_namespace}-mysql",
    )


def _every_manifest(platform: Platform) -> list[str]:
    return [
        source(platform, "cluster", "/probe.yaml").content,
        source(platform, "cluster", "/names.yaml").content,
        source(platform, "cluster", "/fence.yaml").content,
        source(platform, "cluster", "/ci.yaml").content,
        source(platform, "cluster", "/volume.yaml").content,
    ]
