"""What a person may say of kubelet and kube-proxy: fields of the configured version, not ours."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from spec import component_fields as fields
from spec.component_kinds import KINDS
from spec.component_values import reasons
from spec.errors import Mistake

# Whoever sets these says something else than the rest of the platform does.
KUBELET_OURS = {
    "address": "kubelet answers on the node network",
    "apiVersion": "the format of the file",
    "authentication.anonymous": "nobody may ask kubelet without a name",
    "authentication.webhook": "nobody may ask kubelet without a name",
    "authorization": "nobody may ask kubelet without the cluster's leave",
    "cgroupDriver": "containerd is told the same",
    "cgroupRoot": "its cgroups are systemd's",
    "clusterDNS": "follows from service_network",
    "clusterDomain": "kubeadm and CoreDNS have the same",
    "containerRuntimeEndpoint": "containerd's, on every node",
    "enableDebuggingHandlers": "kubectl exec and logs ask it",
    "enableServer": "the API server asks kubelet",
    "healthzBindAddress": "kubeadm asks there whether kubelet runs",
    "healthzPort": "kubeadm asks there whether kubelet runs",
    "kind": "the format of the file",
    "podCIDR": "follows from pod_network",
    "port": "the firewall has the same",
    "readOnlyPort": "nobody may ask kubelet without a name",
    "registerNode": "a node joins by itself",
    "resolvConf": "CoreDNS would ask itself for ever",
    "rotateCertificates": "a node would be shut out after a year",
    "runOnce": "kubelet would end, and its node with it",
    "serverTLSBootstrap": "the API server knows kubelets by certificates of the cluster's",
    "staticPodPath": "kubeadm puts the control plane there",
    "tlsCertFile": "the API server knows kubelets by certificates of the cluster's",
    "tlsPrivateKeyFile": "the API server knows kubelets by certificates of the cluster's",
}
KUBE_PROXY_OURS = {
    "apiVersion": "the format of the file",
    "clientConnection.kubeconfig": "kubeadm brings it",
    "clusterCIDR": "follows from pod_network",
    "hostnameOverride": "a node's name is its machine's",
    "kind": "the format of the file",
}


def kubelet(given: Mapping[str, Any], minor: str) -> Iterator[Mistake]:
    """Fields of kubeadm_kubelet that this version does not have, or that are the platform's."""
    return _checked(
        "kubeadm_kubelet", given, minor, fields.KUBELET, fields.KUBELET_SINCE, KUBELET_OURS
    )


def kube_proxy(given: Mapping[str, Any], minor: str) -> Iterator[Mistake]:
    """The same of kubeadm_kube_proxy."""
    return _checked(
        "kubeadm_kube_proxy",
        given,
        minor,
        fields.KUBE_PROXY,
        fields.KUBE_PROXY_SINCE,
        KUBE_PROXY_OURS,
    )


def _checked(
    setting: str,
    given: Mapping[str, Any],
    minor: str,
    kinds: Mapping[str, str],
    since: Mapping[str, int],
    ours: Mapping[str, str],
) -> Iterator[Mistake]:
    has = int(minor.partition(".")[2])
    kind_of = {name: kind for kind, names in kinds.items() for name in names.split()}
    known = [name for name in kind_of if since.get(name, 0) <= has]
    right = {}
    for name, value in given.items():
        within = [f"{name}.{inner}" for inner in value] if isinstance(value, Mapping) else []
        taken = [path for path in (name, *within) if path in ours]
        for path in taken:
            reason = f"the platform sets it ({ours[path]}): leave it out"
            yield Mistake("k8s_control", setting, path, reason)
        if taken:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            reason = f"Kubernetes {minor} has no such field here"
            reason += f" (1.{since[name]} and later have)" if name in kind_of else ""
            reason += f"; did you mean {near[0]}?" if near else ": leave it out"
            yield Mistake("k8s_control", setting, str(name), reason)
        elif not KINDS[kind_of[name]][1](value):
            reason = f"{value!r} is not {KINDS[kind_of[name]][0]}, which this field takes"
            yield Mistake("k8s_control", setting, name, reason)
        else:
            right[name] = value
    for name, reason in reasons(setting, right, has):
        yield Mistake("k8s_control", setting, name, reason)
