"""C5: `kubeadm init`, from a file in place of the runbook's options: it holds what they cannot."""

from __future__ import annotations

from pyinfra import host

from facts.kubernetes import API_PID
from operations import control_plane, files, kubeadm, systemd
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.kubernetes import API_PORT
from tasks.kubeadm import kubelet, words


def apply(platform: Platform) -> None:
    """Have a control plane with its settings, and certificates that last.

    kubelet comes after its beginning, since it runs in vain until kubeadm hands it what it needs,
    and before all that is asked of an API, since it starts what answers.
    """
    encryption, policy = _encryption(platform), _audit_policy(platform)
    configuration = _configuration(platform, encryption.path, policy.path)
    files.put(name="Say what the API server writes down of whom", files=[policy])
    kubeadm.described(
        name="Describe the cluster",
        encryption=encryption,
        config=configuration,
        kubelet=kubelet(platform),
        version=platform.k8s_node.kubernetes_version,
    )
    kubeadm.initialised(name="Begin the cluster", config=configuration.path, port=API_PORT)
    systemd.started(name="Start kubelet on the control plane", units=["kubelet.service"])
    control_plane.configured(name="Configure the control plane", config=configuration)
    files.configure(
        name="Let the API server load what it writes down of whom",
        files=[policy],
        process=API_PID,
        load=control_plane.RELOAD_API,
    )
    control_plane.kubelet(name="Configure kubelet on the control plane", file=kubelet(platform))
    _renew_certificates(platform)
    files.put(
        name="Write what asks etcd, and for nodes",
        files=[
            source(platform, "k8s_control", "/usr/local/sbin/etcd-get", mode="0755"),
            source(platform, "k8s_control", "/usr/local/sbin/nodes-show", mode="0755"),
        ],
    )
    _approve_kubelets(platform)


def _encryption(platform: Platform) -> File:
    key = platform.encryption_key
    return source(platform, "k8s_control", "/etc/kubernetes/encryption.yaml", mode="0600", key=key)


def _audit_policy(platform: Platform) -> File:
    return source(platform, "k8s_control", "/etc/kubernetes/audit-policy.yaml")


def _configuration(platform: Platform, encryption: str, audit_policy: str) -> File:
    machine = platform.machine(host.name)
    names = (f"{machine.address}", machine.hostname)
    return source(
        platform,
        "k8s_control",
        "/etc/kubernetes/kubeadm.yaml",
        check="kubeadm config validate --config {} >/dev/null",
        **words(platform),
        names=list(dict.fromkeys((*names, *platform.k8s_control.kubeadm_extra_sans))),
        encryption=encryption,
        audit_policy=audit_policy,
        kubelet=kubelet(platform).content,
    )


def _renew_certificates(platform: Platform) -> None:
    """They last a year: also where nobody runs anything for so long."""
    files.put(
        name="Write what renews certificates",
        files=[
            source(platform, "k8s_control", "/usr/local/sbin/renew-certificates", mode="0755"),
            source(platform, "k8s_control", "/etc/systemd/system/renew-certificates.service"),
            source(platform, "k8s_control", "/etc/systemd/system/renew-certificates.timer"),
        ],
    )
    kubeadm.renewed(name="Renew certificates that end soon")
    systemd.started(name="Have certificates renewed", units=["renew-certificates.timer"])


def _approve_kubelets(platform: Platform) -> None:
    """A kubelet's certificate lasts a year: it asks for the next one when nobody runs anything."""
    files.put(
        name="Bring what approves kubelets' certificates",
        files=[
            source(platform, "k8s_control", "/etc/kubernetes/kubelets"),
            source(platform, "k8s_control", "/usr/local/sbin/approve-kubelets", mode="0755"),
            source(platform, "k8s_control", "/etc/systemd/system/approve-kubelets.service"),
            source(platform, "k8s_control", "/etc/systemd/system/approve-kubelets.timer"),
        ],
    )
    systemd.started(name="Have kubelets' certificates approved", units=["approve-kubelets.timer"])
