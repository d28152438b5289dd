"""A registry that gets another address, or HTTPS: what a run does, and what is left to people."""

from __future__ import annotations

from collections.abc import Iterator

from facts.probe import Probe
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """Each step of the way from where the registry is to where it will be."""
    old, new = probe.others.running.harbor_url, platform.docker_host.harbor_url
    if "docker_host" not in machine.groups or old in ("", new):
        return
    yield noted(machine, f"the registry goes from {old} to {new}; the next run ends one cut off:")
    for number, step in enumerate(_steps(platform, old.partition("://")[2]), 1):
        yield noted(machine, f"  {number}. {step}")


def _steps(platform: Platform, old: str) -> Iterator[str]:
    settings, new = platform.docker_host, platform.registry
    nodes = ", ".join(node.hostname for node in platform.members("k8s_node"))
    if settings.harbor_tls:
        yield "Docker here trusts who signed its certificate, and takes plain HTTP no more"
    else:
        yield "Docker here speaks plain HTTP to it, which whoever is on the way reads and changes"
    yield (
        "Harbor is installed again with what is in it: for a minute or two nobody pushes or pulls,"
        " and running pods go on"
    )
    yield f"containerd on {nodes} is told; until then these pull nothing"
    if platform.sets_project_up:
        yield f"GitLab tells pipelines {', '.join(platform.registry_variables)}"
    else:
        told = " ".join(f"{key}={value}" for key, value in platform.registry_variables.items())
        yield f"you enter at GitLab, as protected variables of the project: {told}"
    if old != new:
        yield (
            f"the application's manifests name {old}: push a commit in which they name {new}; no"
            " node pulls what it does not have until then"
        )
    if settings.harbor_tls and not settings.harbor_certificate:
        yield "other computers that push or pull: `make ca` says how they trust it"
