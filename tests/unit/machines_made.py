"""Machines with a cluster and a registry that other settings have made: what is in the way."""

from __future__ import annotations

from typing import Any

from facts.probe.others import Running
from tests.unit.probes import CONTROL, DOCKER, NODE

FLANNEL = "/etc/cni/net.d/10-flannel.conflist"


def made_from(
    node: str = "vm-k8s",
    address: str = "192.168.56.43",
    images: str = "registry.k8s.io",
    proxy: str = "",
    names: str = "[192.168.56.43, vm-k8s, more.example.org]",
) -> str:
    """kubeadm's documents, as an earlier run wrote them."""
    return f"""
kind: InitConfiguration
nodeRegistration: {{name: {node}}}
localAPIEndpoint: {{advertiseAddress: {address}, bindPort: 6443}}
---
kind: ClusterConfiguration
imageRepository: {images}
apiServer: {{certSANs: {names}}}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
{proxy}
"""


MADE: list[tuple[str, str, dict[str, Any], str]] = [
    # As those of machines_bad.
    (
        CONTROL,
        "others",
        {"running": Running(version="1.35.4")},
        "the cluster runs Kubernetes 1.35.4, and kubernetes_version is 1.36.3: `make upgrade` goes",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(version="1.29.4")},
        "runs Kubernetes 1.29.4, and kubernetes_version is 1.36.3: it goes up one line at a time",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(version="1.37.0")},
        "runs Kubernetes 1.37.0, and kubernetes_version is 1.36.3: a cluster does not go back",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(pods="10.99.0.0/16")},
        "the cluster was made with pod_network 10.99.0.0/16, not 10.244.0.0/16",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(services="10.99.0.0/16")},
        "the cluster was made with service_network 10.99.0.0/16, not 10.96.0.0/12",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(version="1.36.3"), "cni": (FLANNEL,), "ours": NODE},
        "pods have their network from flannel, not calico",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(encryption=("0" * 64,))},
        "with another kubernetes_enc",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(version="1.36.3", encapsulation="ipip")},
        "Calico's pool was made with calico_encapsulation ipip, not vxlan",
    ),
    *(
        (
            CONTROL,
            "others",
            {"running": Running(version="1.36.3", kubeadm=made_from(**changes))},
            f"the cluster was made with {told}, and another one does not reach a cluster",
        )
        for changes, told in (
            ({"node": "k8s"}, "k8s as the machine's name"),
            ({"address": "192.168.56.9"}, "192.168.56.9 as its address"),
            ({"images": "mirror.example.org"}, "mirror.example.org as kubeadm_images"),
            ({"proxy": "mode: ipvs"}, "{'mode': 'ipvs'} as kubeadm_kube_proxy"),
            ({"names": "[192.168.56.43]"}, "none of vm-k8s as kubeadm_extra_sans"),
        )
    ),
    (
        DOCKER,
        "others",
        {"running": Running(harbor_data="/srv/harbor")},
        "Harbor keeps its data in /srv/harbor, not in harbor_data /data/harbor",
    ),
    (
        DOCKER,
        "others",
        {"running": Running(harbor_data="/data/harbor", docker_root="/srv/docker")},
        "Docker keeps its images in /srv/docker, not in docker_data_root",
    ),
]
