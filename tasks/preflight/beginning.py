"""Settings that count only when something is made, compared with what was made from them."""

from __future__ import annotations

import base64
import hashlib

from facts.probe import Probe
from spec import Machine, Platform
from tasks.preflight.finding import Findings, refused

BACK = "put the setting back"


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """A setting that is another one than what runs, before a port or a package follows it."""
    if "k8s_control" in machine.groups:
        yield from _cluster(platform, machine, probe)
    if "docker_host" in machine.groups:
        yield from _registry(platform, machine, probe)


def _cluster(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    running, settings = probe.others.running, platform.k8s_control
    version = platform.k8s_node.kubernetes_version
    if running.version and running.version != version:
        yield refused(
            machine,
            f"the cluster runs Kubernetes {running.version}, and kubernetes_version is {version}:"
            " a run does not upgrade a cluster; do it with `kubeadm upgrade`, one minor version at"
            " a time, then set kubernetes_version to what runs",
        )
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
    if running.encryption and _encryption(platform) not in running.encryption:
        yield refused(
            machine,
            "the cluster's Secrets are encrypted with another kubernetes_encryption_key than"
            " secrets.env has: is it the secrets.env that the cluster was made with?",
        )


def _encryption(platform: Platform) -> str:
    """The sum of the key as it stands in the file for the API server."""
    secret = platform.secrets.kubernetes_encryption_key.get_secret_value()
    key = base64.b64encode(hashlib.sha256(secret.encode()).digest())
    return hashlib.sha256(key).hexdigest()


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
