"""What beginning a cluster and joining one have in common: kubeadm's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyinfra import host

from spec import Platform
from spec.kubernetes import kubeadm_api


def document(platform: Platform, kind: str, **fields: Any) -> dict[str, Any]:
    """A document of kubeadm's, in the format of the wanted version."""
    api = kubeadm_api(platform.k8s_node.kubernetes_minor)
    return {"apiVersion": f"kubeadm.k8s.io/{api}", "kind": kind, **fields}


def arguments(
    platform: Platform, values: Mapping[str, str]
) -> dict[str, str] | list[dict[str, str]]:
    """A program's arguments: a table in the old format, a list of pairs in the new one."""
    if kubeadm_api(platform.k8s_node.kubernetes_minor) == "v1beta3":
        return dict(values)
    return [{"name": name, "value": value} for name, value in values.items()]


def registration(platform: Platform) -> dict[str, Any]:
    """How this machine becomes a node: under its name, and with its address on the node network.

    kubelet would take the address of the default route: with VirtualBox that of the NAT card,
    which is the same on every machine.
    """
    machine = platform.machine(host.name)
    ignored = platform.k8s_control.kubeadm_ignored_errors
    return {
        "name": machine.hostname,
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": arguments(platform, {"node-ip": f"{machine.address}"}),
        **({"ignorePreflightErrors": list(ignored)} if ignored else {}),
    }
