"""C5: the administrator's kubeconfig, on the control plane and where this is run."""

from __future__ import annotations

from operations import kubeconfig
from spec import Platform
from spec.kubernetes import API_PORT


def apply(platform: Platform) -> None:
    """Let root and the login user in, and whoever runs this."""
    address = platform.control.ssh_hostname
    address = f"[{address}]" if ":" in address else address
    kubeconfig.copied(
        name="Give root and the login user the kubeconfig",
        users=list(dict.fromkeys(("root", platform.all.ssh_user))),
    )
    kubeconfig.fetched(
        name="Bring the kubeconfig here",
        remote=".kube/config",
        local=platform.kubeconfig,
        server=f"https://{address}:{API_PORT}",
        # Its certificate need not know how each operator gets there.
        known_as=platform.control.hostname,
    )
