"""C5: `kubeadm init`, from a file in place of the runbook's options: it holds what they cannot."""

from __future__ import annotations

from functools import partial

from pyinfra import host, inventory

from facts.kubernetes import API_PID
from gates.among import etcd_has
from operations import control_plane, encryption, files, kubeadm, systemd
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.kubernetes import API_PORT
from tasks.gate import passed
from tasks.kubeadm import join_configuration, kubelet, words


def apply(platform: Platform) -> None:
    """Have a control plane with its settings, and certificates that last.

    kubelet comes after its beginning, since it runs in vain until kubeadm hands it what it needs,
    and before all that is asked of an API, since it starts what answers.
    """
    keys, policy = encryption.configuration(platform), _audit_policy(platform)
    configuration = _configuration(platform, keys.path, policy.path)
    files.put(name="Say what the API server writes down of whom", files=[policy])
    kubeadm.config(
        name="Describe the cluster",
        encryption=keys,
        turned="kubernetes_encryption_key" in platform.before,
        config=configuration,
        kubelet=kubelet(platform),
    )
    _write_programs(platform)
    _begin(platform, configuration.path)
    _join(platform)
    systemd.enable(name="Start kubelet on the control plane", units=["kubelet.service"])
    # One after the other: of three, two API servers and most of etcd go on meanwhile.
    control_plane.config(name="Configure the control plane", config=configuration, _serial=True)
    files.configure(
        name="Let the API server load what it writes down of whom",
        files=[policy],
        process=API_PID,
        load=control_plane.RELOAD_API,
        _serial=True,
    )
    control_plane.kubelet(name="Configure kubelet on the control plane", file=kubelet(platform))
    _renew_certificates(platform)
    _approve_kubelets(platform)


def _write_programs(platform: Platform) -> None:
    members = source(platform, "k8s_control", "/usr/local/sbin/etcd-members", mode="0755")
    files.put(
        name="Write what asks etcd, asks for nodes and restarts static pods",
        files=[
            source(platform, "k8s_control", "/usr/local/sbin/etcd-get", mode="0755"),
            source(platform, "k8s_control", "/usr/local/sbin/nodes-show", mode="0755"),
            source(platform, "k8s_control", "/usr/local/sbin/static-pods-restart", mode="0755"),
            *([members] if platform.k8s_control.control_plane_address else []),
        ],
    )


def _begin(platform: Platform, configuration: str) -> None:
    if host.name == platform.control.name:
        kubeadm.init(name="Begin the cluster", config=configuration, port=API_PORT)


def _join(platform: Platform) -> None:
    """The other control planes, one after the other: etcd takes one member at a time."""
    others = [machine for machine in platform.controls if machine != platform.control]
    for machine in host.loop(others):  # type: ignore[no-untyped-call]
        if host.name == machine.name:
            kubeadm.join(
                name="Join the control plane",
                node=machine.hostname,
                control=inventory.get_host(platform.control.name),
                configuration=partial(join_configuration, platform),
                kubelet=kubelet(platform),
                controls=True,
            )
        gates = [etcd_has([machine])] if host.name == platform.control.name else []
        passed(name=f"Wait until etcd has {machine.hostname}", gates=gates)


def _audit_policy(platform: Platform) -> File:
    return source(platform, "k8s_control", "/etc/kubernetes/audit-policy.yaml")


def _configuration(platform: Platform, keys: str, audit_policy: str) -> File:
    machine = platform.machine(host.name)
    names = (f"{machine.address}", machine.hostname)
    return source(
        platform,
        "k8s_control",
        "/etc/kubernetes/kubeadm.yaml",
        check="kubeadm config validate --config {} >/dev/null",
        **words(platform),
        names=list(dict.fromkeys((*names, *platform.k8s_control.kubeadm_extra_sans))),
        encryption=keys,
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
    kubeadm.renew_certificates(name="Renew certificates that end soon", _serial=True)
    systemd.enable(name="Have certificates renewed", units=["renew-certificates.timer"])


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
    systemd.enable(name="Have kubelets' certificates approved", units=["approve-kubelets.timer"])
