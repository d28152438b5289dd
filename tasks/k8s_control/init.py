"""C5: `kubeadm init`, from a file in place of the runbook's options: it holds what they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyinfra import host

from operations import files, kubeadm, systemd
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.kubernetes import API_PORT
from tasks.kubeadm import arguments, document, registration


def apply(platform: Platform) -> None:
    """Have a control plane, and certificates that last.

    What counts when the cluster is made stays. kubelet comes after it, since it runs in vain until
    kubeadm hands it what it needs, and before certificates, since it starts what reads them.
    """
    encryption = _encryption(platform)
    configuration = _configuration(platform, encryption.path)
    kubeadm.described(
        name="Describe the cluster",
        files=[encryption, configuration],
        version=platform.k8s_node.kubernetes_version,
    )
    kubeadm.initialised(name="Begin the cluster", config=configuration.path, port=API_PORT)
    systemd.started(name="Start kubelet on the control plane", units=["kubelet.service"])
    kubeadm.renewed(name="Renew certificates that end soon")
    files.put(
        name="Bring what asks etcd",
        files=[source(platform, "k8s_control", "/usr/local/sbin/etcd-get", mode="0755")],
    )


def _encryption(platform: Platform) -> File:
    key = platform.encryption_key
    return source(platform, "k8s_control", "/etc/kubernetes/encryption.yaml", mode="0600", key=key)


def _configuration(platform: Platform, encryption: str) -> File:
    return source(
        platform,
        "k8s_control",
        "/etc/kubernetes/kubeadm.yaml",
        check="kubeadm config validate --config {} >/dev/null",
        documents=[
            _init(platform),
            _cluster(platform, encryption),
            _kubelet(platform),
            _kube_proxy(platform),
        ],
    )


def _init(platform: Platform) -> dict[str, Any]:
    address = platform.machine(host.name).address
    return document(
        platform,
        "InitConfiguration",
        localAPIEndpoint={"advertiseAddress": f"{address}", "bindPort": API_PORT},
        nodeRegistration=registration(platform),
    )


def _cluster(platform: Platform, encryption: str) -> dict[str, Any]:
    settings = platform.k8s_control
    machine = platform.machine(host.name)
    names = (f"{machine.address}", machine.hostname, machine.ssh_hostname)
    volume = {"name": "encryption", "hostPath": encryption, "mountPath": encryption}
    return document(
        platform,
        "ClusterConfiguration",
        kubernetesVersion=f"v{platform.k8s_node.kubernetes_version}",
        imageRepository=settings.kubeadm_images,
        networking={
            "podSubnet": f"{settings.pod_network}",
            "serviceSubnet": f"{settings.service_network}",
        },
        apiServer={
            "certSANs": list(dict.fromkeys((*names, *settings.kubeadm_extra_sans))),
            "extraArgs": arguments(platform, {"encryption-provider-config": encryption}),
            "extraVolumes": [{**volume, "readOnly": True, "pathType": "File"}],
        },
    )


def _kubelet(platform: Platform) -> dict[str, Any]:
    ours = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        # containerd is told the same.
        "cgroupDriver": "systemd",
        # The stub resolver means nothing inside a pod, and CoreDNS would ask itself for ever.
        "resolvConf": "/run/systemd/resolve/resolv.conf",
        "authentication": {"anonymous": {"enabled": False}},
    }
    return _merged(ours, platform.k8s_control.kubeadm_kubelet)


def _kube_proxy(platform: Platform) -> dict[str, Any]:
    ours = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
    }
    return _merged(ours, platform.k8s_control.kubeadm_kube_proxy)


def _merged(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(ours)
    for name, value in theirs.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged
