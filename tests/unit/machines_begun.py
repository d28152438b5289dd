"""Machines with a cluster and a registry that other settings have made: what is in the way."""

from __future__ import annotations

from typing import Any

from facts.probe.others import Running
from tests.unit.probes import CONTROL, DOCKER, NODE

FLANNEL = "/etc/cni/net.d/10-flannel.conflist"
BEGUN: list[tuple[str, str, dict[str, Any], str]] = [
    # As those of machines_bad.
    (
        CONTROL,
        "others",
        {"running": Running(version="1.29.4")},
        "the cluster runs Kubernetes 1.29.4, and kubernetes_version is 1.30.14",
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
        {"running": Running(version="1.30.14"), "cni": (FLANNEL,), "ours": NODE},
        "pods have their network from flannel, not calico",
    ),
    (
        CONTROL,
        "others",
        {"running": Running(encryption=("0" * 64,))},
        "with another kubernetes_enc",
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
