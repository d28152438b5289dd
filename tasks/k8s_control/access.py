"""C5: the administrator's kubeconfig, on the control plane and where this is run."""

from __future__ import annotations

from pyinfra import host

from operations import kubeconfig
from spec import Platform
from spec.kubernetes import API_PORT


def apply(platform: Platform) -> None:
    """Let root and the login user in, and whoever runs this."""
    _hand_out(platform)
    _bring(platform)


def _hand_out(platform: Platform) -> None:
    kubeconfig.copy(
        name="Give root and the login user the kubeconfig",
        users=list(dict.fromkeys(("root", platform.all.ssh_user))),
    )


def _bring(platform: Platform) -> None:
    if host.name != platform.control.name:
        return
    address = platform.control.ssh_hostname
    address = f"[{address}]" if ":" in address else address
    virtual = platform.k8s_control.control_plane_address
    kubeconfig.fetch(
        name="Bring the kubeconfig here",
        remote=".kube/config",
        local=platform.kubeconfig,
        server=platform.api if virtual else f"https://{address}:{API_PORT}",
        # Its certificate need not know how each operator gets there.
        known_as="" if virtual else platform.control.hostname,
    )
