"""Settings that count only when something is made, compared with what was made from them."""

from __future__ import annotations

import hashlib

from pydantic import SecretStr

from facts.probe import Probe
from operations.kubeadm import lasting
from spec import Machine, Platform
from spec.kubernetes import API_PORT
from spec.secrets import cipher_key
from tasks.preflight.finding import Findings, refused

BACK = "put the setting back"


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """A setting that the cluster was not made with, before a port or a package follows it."""
    if "k8s_control" in machine.groups:
        yield from _cluster(platform, machine, probe)
    if "docker_host" in machine.groups:
        yield from _registry(platform, machine, probe)


def _cluster(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    running, settings = probe.others.running, platform.k8s_control
    for name, is_, wanted in (
        ("pod_network", running.pods, settings.pod_network),
        ("service_network", running.services, settings.service_network),
    ):
        if is_ and is_ != f"{wanted}":
            yield refused(machine, f"the cluster was made with {name} {is_}, not {wanted}: {BACK}")
    cni = {"10-calico.conflist": "calico", "10-flannel.conflist": "flannel"}
    names = {file.rpartition("/")[2] for file in probe.others.cni}
    found = {cni[name] for name in names & set(cni)}
    if running.version and found and settings.cni not in found:
        networks = " and ".join(sorted(found))
        yield refused(
            machine, f"pods have their network from {networks}, not {settings.cni}: {BACK}"
        )
    yield from _described(platform, machine, probe)
    if running.encapsulation and running.encapsulation != settings.calico_encapsulation:
        yield refused(
            machine,
            f"Calico's pool was made with calico_encapsulation {running.encapsulation}, not"
            f" {settings.calico_encapsulation}, and keeps it: {BACK}, or change the pool by hand"
            " (Calico's documentation, IPPool)",
        )
    ours = platform.secrets.kubernetes_encryption_key
    keys = {ours, platform.before.get("kubernetes_encryption_key", ours)}
    if running.encryption and not {*map(_encryption, keys)} & {*running.encryption}:
        yield refused(
            machine,
            "the cluster's Secrets are encrypted with another kubernetes_encryption_key than"
            " secrets.env has: is it the secrets.env that the cluster was made with?",
        )


def _described(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What else kubeadm was told once, and tells nobody any more."""
    if not probe.others.running.version or not (was := lasting(probe.others.running.kubeadm)):
        return
    settings = platform.k8s_control
    asked_at = was["endpoint"] or f"{machine.address}:{API_PORT}"
    if asked_at != platform.endpoint:
        yield refused(
            machine,
            f"the cluster was made to be asked at {asked_at}, and control_plane_address says"
            f" {platform.endpoint}: no run moves the API of a cluster that runs yet; {BACK}, or"
            " make the cluster anew (`make reset`)",
        )
    kube_proxy = dict(was["kube-proxy"] or {})
    for key in ("apiVersion", "kind"):
        kube_proxy.pop(key, None)
    names = {*settings.kubeadm_extra_sans, f"{machine.address}", machine.hostname}
    lacks = ", ".join(sorted(names - {*(was["names"] or ())}))
    at = (was["at"] or {}).get("advertiseAddress")
    for setting, is_, wanted in (
        ("the machine's name", was["node"], machine.hostname),
        ("its address", at, f"{machine.address}"),
        ("kubeadm_images", was["images"], settings.kubeadm_images),
        ("kubeadm_kube_proxy", kube_proxy, dict(settings.kubeadm_kube_proxy)),
        ("kubeadm_extra_sans", f"none of {lacks}" if lacks else "", ""),
    ):
        if is_ != wanted:
            yield refused(
                machine,
                f"the cluster was made with {is_} as {setting}, and another one does not reach a"
                f" cluster that runs: {BACK}; or change the cluster by hand (kubeadm's"
                ' documentation, "Reconfiguring a kubeadm cluster"), remove'
                " /etc/kubernetes/kubeadm.yaml and run again",
            )


def _encryption(secret: SecretStr) -> str:
    """The sum of the key as it stands in the file for the API server."""
    return hashlib.sha256(cipher_key(secret).encode()).hexdigest()


def _registry(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    running, settings = probe.others.running, platform.docker_host
    if running.harbor_data and running.harbor_data != settings.harbor_data:
        yield refused(
            machine,
            f"Harbor keeps its data in {running.harbor_data}, not in harbor_data"
            f" {settings.harbor_data}: {BACK}, or stop Harbor and move the folder there",
        )
    made = running.harbor_data and running.docker_root
    if made and running.docker_root != settings.docker_data_root:
        yield refused(
            machine,
            f"Docker keeps its images in {running.docker_root}, not in docker_data_root"
            f" {settings.docker_data_root}: {BACK}, or stop Docker and move the folder there",
        )
