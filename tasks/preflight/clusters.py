"""Other clusters: what they left, what a machine is in them, and pod networks besides ours."""

from __future__ import annotations

import re

from facts.probe import Probe
from facts.probe.others import NODE
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

OWN_CNI = {
    "calico": ("10-calico.conflist",),
    "flannel": ("10-flannel.conflist",),
}
# Chains of pod networks that drop what they do not know.
LEFT_CHAIN = re.compile(r" -j ((cali-|CILIUM_|KUBE-ROUTER-|WEAVE-NPC)\S+)")


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What is there of a cluster that is not this one, or not as this one would have it."""
    if "k8s_node" in machine.groups:
        yield from _pod_networks(platform, machine, probe)
        yield from _clusters(platform, machine, probe)


def _pod_networks(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    own = OWN_CNI[platform.k8s_control.cni]
    running = NODE in probe.others.ours or any(
        file.endswith("/kubelet.conf") for file in probe.others.kubernetes
    )
    for file in probe.others.cni:
        name = file.rpartition("/")[2]
        if name in own or (running and name > own[0]):
            continue
        yield refused(
            machine,
            f"{file} is another pod network's, and pods would begin in that: move it away"
            f" (`mv {file} /root/`), with what brings it back",
        )


def _clusters(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    others = probe.others
    if others.unfinished:
        return
    api = platform.api
    parts = {file.rpartition("/")[2] for file in others.kubernetes}
    leftovers = ", ".join(others.kubernetes[:3])
    is_node = "kubelet.conf" in parts
    if not (is_node or NODE in others.ours):
        yield from _left(machine, probe)
    undo = "`kubeadm reset` there (it removes that cluster), or take another machine"
    if is_node and others.server == api and others.node not in ("", machine.hostname):
        yield refused(
            machine,
            f"is a node of this cluster already, called {others.node}: a run would reset it to join"
            f" as {machine.hostname}; call it {others.node} in the inventory, or take it out first"
            f" (`kubectl delete node {others.node}`, and `kubeadm reset` there)",
        )
    if "k8s_control" in machine.groups:
        parts -= {"ca.crt"}  # an authority of one's own may be there before
        whole = {"admin.conf", "kubelet.conf", "kube-apiserver.yaml", "etcd.yaml"} <= parts
        if parts and not whole:
            yield refused(machine, f"has half a cluster ({leftovers}): {undo}")
    elif others.server and others.server != api:
        yield refused(machine, f"is a node of another cluster, at {others.server}: {undo}")
    elif parts - {"kubelet.conf", "bootstrap-kubelet.conf", *(["ca.crt"] if is_node else [])}:
        what = "the control plane" if parts - {"ca.crt"} else "the authority"
        yield refused(machine, f"has {what} of another cluster ({leftovers}): {undo}")
    for file, arguments in others.kubelet_arguments:
        flags = f"{file} says {arguments}, which counts more than kubelet's configuration"
        if NODE in others.ours:
            yield noted(machine, f"{flags}; it is left alone")
        else:
            yield refused(machine, f"{flags}: take that out, or remove the file")


def _left(machine: Machine, probe: Probe) -> Findings:
    """What a node that was reset keeps in its kernel, until it boots."""
    if links := ", ".join(probe.others.links):
        yield refused(
            machine,
            f"has cards of an earlier pod network ({links}), with addresses that the next one does"
            " not know: reboot it, or `ip link delete` them",
        )
    chains = [found[1] for rule in probe.others.iptables if (found := LEFT_CHAIN.search(rule))]
    if chains:
        yield refused(
            machine,
            f"iptables has chains of an earlier cluster ({', '.join(dict.fromkeys(chains))}), which"
            " may drop what the next one sends: reboot it",
        )
