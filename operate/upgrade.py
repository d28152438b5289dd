"""Kubernetes to kubernetes_version: the control plane, then each node, one after the other.

A deploy of its own: `pyinfra inventory.py operate/upgrade.py` (`make upgrade`), to a later patch or
to the next line. WITHIN is how many seconds the pods of a node may take to move away. One that was
cut off goes on where it was when it is run again.
"""

from __future__ import annotations

from pyinfra import host, inventory

from facts.asking import ask
from facts.kubernetes import ControlPlane
from facts.nodes import Nodes
from facts.upgrade import Upgrade
from gates import gates
from operate.draining import within
from operate.upgradable import serving, settled, upgradable
from operations import apt, etcd, node, upgrade
from operations.once import in_limit
from tasks import cluster, k8s_control, k8s_node, k8s_worker, preflight
from tasks.gate import passed, wait_at
from tasks.k8s_control import network
from tasks.preflight import OF_AN_UPGRADE
from tasks.repositories import kubernetes_repository

seconds = within()

platform = preflight.apply(OF_AN_UPGRADE)
version = platform.k8s_node.kubernetes_version
control = inventory.get_host(platform.control.name)
asked = in_limit()
upgradable(platform, ask(control, Nodes), ask(control, Upgrade), asked)
is_control = host.name == platform.control.name
kubeadm = {"kubeadm": f"{version}-*"}

# Of what comes after it nothing can be taken back.
if is_control and ask(host, ControlPlane).version != version:
    etcd.backup(name="Bring etcd's data here before anything changes", platform=platform)
if is_control:
    network.apply(platform)  # one that is made for both lines
    kubernetes_repository(platform)
    apt.packages(name=f"Install kubeadm {version}", versions=kubeadm)
    upgrade.control_plane(
        name=f"Upgrade the control plane to Kubernetes {version}", platform=platform
    )
k8s_control.apply(platform)
wait_at("k8s_control", platform)

nodes = (platform.control, *platform.members("k8s_worker"))
for machine in host.loop(nodes):  # type: ignore[no-untyped-call]
    name = machine.hostname
    if is_control:
        node.drain_for(
            name=f"Empty {name}", platform=platform, node=name, version=version, within=seconds
        )
    passed(name=f"Wait until {name} is empty", gates=[])
    is_here = host.name == machine.name
    if is_here and not is_control:
        kubernetes_repository(platform)
        apt.packages(name=f"Install kubeadm {version} on {name}", versions=kubeadm)
        upgrade.kubelet_config(name=f"Tell kubelet of {name} what is new", platform=platform)
    if is_here:
        k8s_node.apply(platform)
        upgrade.restart_kubelet(
            name=f"Restart kubelet of {name}", node=name, control=control, version=version
        )
    passed(
        name=f"Wait until {name} may have pods",
        gates=[
            *(gates(platform, machine, "k8s_node") if is_here else []),
            *([settled(platform)] if is_here and is_control else []),
        ],
    )
    if is_control:
        node.uncordon(name=f"Uncordon {name}", node=name)
    passed(name=f"Wait until {name} has pods", gates=serving(platform, name) if is_control else [])

k8s_worker.apply(platform)
wait_at("k8s_worker", platform)

cluster.apply(platform)
wait_at("cluster", platform)
