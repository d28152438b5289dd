"""Packages: sources that apt cannot read beside ours, holds."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from facts.probe import Probe
from facts.probe.packages import Source
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

# By name alone, and what is needed before one is added: an exact version is taken all the same.
WANTED = ("ca-certificates", "containerd", "curl", "gpg", "openssh-server", "openssl", "ufw")
PINNED = ("docker-ce", "containerd.io", "kubeadm", "kubelet", "gitlab-runner")


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """Sources that end every `apt-get update`, and holds that a run goes past."""
    ours = {source.uri: source for source in _ours(platform, machine, probe)}
    told = set()
    for source in probe.packages.sources:
        own = ours.get(_plain(source.uri))
        if source.uri.startswith("cdrom:") and source.file not in told:
            told.add(source.file)
            yield refused(
                machine,
                f"{source.file} names the installer's disc ({source.uri}), which apt asks for at"
                " each update: take that line out",
            )
        elif own and _contradicts(source, own) and source.file not in told:
            told.add(source.file)
            yield refused(
                machine,
                f"{source.file} has {source.uri} with another Signed-By"
                f" ({source.signed_by or 'none'}) than {own.file} will have, and apt reads neither"
                f" then: remove {source.file}",
            )
    if probe.system.tmp != "1777":
        yield refused(
            machine,
            f"not everybody may write in /tmp (its mode is {probe.system.tmp}), not even apt's own"
            " user: `chmod 1777 /tmp`",
        )
    if probe.packages.unreadable and not (told and "Signed-By" in probe.packages.unreadable):
        yield refused(
            machine,
            f"apt cannot read what it is told: {probe.packages.unreadable}; correct that, until"
            " `apt-get update` is content",
        )
    for file, pattern in probe.packages.pinned_away:
        for name in fnmatch.filter(WANTED, pattern):
            yield refused(
                machine,
                f"{file} forbids {name} (a Pin-Priority below 0), which the platform installs: take"
                " that out",
            )
    for name, version in probe.packages.held:
        if name in PINNED and not _is_wanted(platform, name, version):
            yield noted(machine, f"{name} is held at {version}: the run changes it all the same")


def _contradicts(source: Source, own: Source) -> bool:
    """Whether apt refuses to read both (its sentence: "Conflicting values set for Signed-By")."""
    same = source.suite == own.suite
    return same and source.file != own.file and source.signed_by != own.signed_by


def _plain(uri: str) -> str:
    return uri.rstrip("/")


def _ours(platform: Platform, machine: Machine, probe: Probe) -> Iterator[Source]:
    folder, keys = "/etc/apt/sources.list.d", "/etc/apt/keyrings"
    for name, repository in _distributions(platform, machine):
        uri = f"{_plain(repository)}/{probe.system.distribution}"
        suite = probe.system.codename
        yield Source(f"{folder}/{name}.sources", uri, suite, f"{keys}/{name}.asc")
    if "k8s_node" in machine.groups:
        settings = platform.k8s_node
        uri = f"{_plain(settings.kubernetes_repository)}/v{settings.kubernetes_minor}/deb"
        yield Source(f"{folder}/kubernetes.sources", uri, "/", f"{keys}/kubernetes.asc")


def _distributions(platform: Platform, machine: Machine) -> Iterator[tuple[str, str]]:
    """Repositories with a part for each distribution, by name."""
    settings = platform.docker_host
    is_docker_host = "docker_host" in machine.groups
    of_nodes = platform.k8s_node.containerd_source == "docker" and "k8s_node" in machine.groups
    if is_docker_host or of_nodes:
        yield "docker", settings.docker_repository
    if is_docker_host:
        yield "gitlab-runner", settings.runner_repository


def _is_wanted(platform: Platform, name: str, version: str) -> bool:
    settings = platform.docker_host
    wanted = {
        "docker-ce": settings.docker_version,
        "containerd.io": settings.docker_containerd_version,
        "gitlab-runner": settings.runner_version,
    }.get(name, platform.k8s_node.kubernetes_version)
    return version.rpartition(":")[2].partition("-")[0] == wanted
