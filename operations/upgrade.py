"""Kubernetes of a cluster that runs, to another version: by kubeadm, as its documentation does it.

kubernetes.io: "Upgrading kubeadm clusters".
"""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host

from facts.apt import Packages
from facts.asking import ask
from facts.kubernetes import ControlPlane
from facts.nodes import Nodes, NodeState
from facts.upgrade import Upgrade
from operations import Commands, operation
from operations.kubeadm import ANSWERS
from operations.sources import source
from spec import Platform


@operation()
def control_plane(platform: Platform) -> Commands:
    """Have the control plane, etcd, CoreDNS and kube-proxy be of the configured version.

    kubeadm needs no more than its own package for it, and may be asked again after one that was
    cut off: it changes what is not of that version.
    """
    version = platform.k8s_node.kubernetes_version
    if ask(host, ControlPlane).version == ask(host, Upgrade).proxy == version:
        return
    yield _kubeadm(platform, "apply", version)
    yield StringCommand(ANSWERS)


@operation()
def kubelet_config(platform: Platform) -> Commands:
    """Have kubelet's arguments and configuration ready for its package of the configured version.

    Before that package comes: whichever kubelet a power cut starts next understands them.
    """
    kubelet = ask(host, Packages, packages=["kubelet"]).get("kubelet", "")
    if kubelet.partition("-")[0] != platform.k8s_node.kubernetes_version:
        yield _kubeadm(platform, "node")


@operation()
def restart_kubelet(node: str, control: Host, version: str) -> Commands:
    """Have the kubelet run whose package is here: its package starts none."""
    if ask(control, Nodes).get(node, NodeState()).kubelet != version:
        yield StringCommand("systemctl daemon-reload && systemctl restart kubelet.service")


def _kubeadm(platform: Platform, *words: str) -> StringCommand:
    script = source(platform, "k8s_control", "/usr/local/sbin/kubeadm-upgrade").content
    ignored = platform.k8s_control.kubeadm_ignored_errors
    return StringCommand(shlex.join(["bash", "-s", "--", *words, *ignored]), _stdin=script)
