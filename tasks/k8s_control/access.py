"""C5: the administrator's kubeconfig, on the control plane and where this is run."""

from __future__ import annotations

from operations import kubernetes
from spec import Platform
from spec.kubernetes import API_PORT


def apply(platform: Platform) -> None:
    """Let root and the login user in, and whoever runs this."""
    kubernetes.copied(
        name="Give root and the login user the kubeconfig",
        users=list(dict.fromkeys(("root", platform.all.ssh_user))),
    )
    kubernetes.brought(
        name="Bring the kubeconfig here",
        user=platform.all.ssh_user,
        remote=".kube/config",
        local=platform.kubeconfig,
        server=f"https://{platform.control.ssh_hostname}:{API_PORT}",
    )
