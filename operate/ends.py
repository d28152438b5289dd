"""What of the platform ends one day, gathered from its machines, from here, and from GitLab."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import yaml
from cryptography import x509
from pyinfra.api.host import Host

from facts.certificate import End, Ends
from facts.gitlab import WRONG, Access, sentence, token_ends
from operations import run
from spec import Platform
from spec.certificate import RENEWED_DAYS

# Who renews what, for a person.
RENEWED = {
    "authority": "nobody: ten years",
    "edge": "itself, or --renew",
    "kubeadm": "itself, or --renew",
    "kubelet": "kubelet",
    "registry": "itself, or --renew",
    "token": "a run",
}

# What renews it on its machine: each looks itself whether it is time, and whom to restart.
UNITS = {
    "edge": "edge-certificate.service",
    "kubeadm": "renew-certificates.service",
    "registry": "harbor-certificate.service",
}


@dataclass(frozen=True)
class Row:
    """One thing that ends, where it is, and who renews it."""

    host: str
    path: str
    date: str
    days: int | None  # None: nobody knows
    renewed: str

    def is_within(self, days: int) -> bool:
        """Whether it has fewer days left, or may have."""
        return self.days is None or self.days < days


def of_machine(platform: Platform, host: str, ends: tuple[End, ...]) -> Iterator[Row]:
    """What a machine has said of itself; one that no run has told how says nothing."""
    if not ends:
        yield Row(host, "everything", "", None, "a run brings what says so there: make deploy")
    settings = platform.docker_host
    own = {
        "edge": settings.edge_certificate and "you: edge_certificate",
        "registry": settings.harbor_certificate and "you: harbor_certificate",
    }
    for end in ends:
        yield Row(host, end.path, end.date, end.days, own.get(end.whose) or RENEWED[end.whose])


def of_here(platform: Platform, today: date) -> Iterator[Row]:
    """What a run has brought here: the administrator's way into the cluster, and the pipeline's."""
    for path in (platform.kubeconfig, platform.pipeline_kubeconfig):
        if path.exists():
            ends = _kubeconfig_ends(path)
            days = max(0, (ends.date() - today).days) if ends else 0
            yield Row("here", path.name, f"{ends:%Y-%m-%d}" if ends else "", days, "a run")


def of_gitlab(platform: Platform, today: date) -> Iterator[Row]:
    """The token that a run asks GitLab with, where there is one."""
    settings, token = platform.docker_host, platform.secrets.gitlab_token
    if token is None:
        return
    access = Access(settings.gitlab_url, settings.gitlab_project or "", token)
    try:
        ends = token_ends(access)
    except WRONG as wrong:
        yield Row("gitlab", "gitlab_token", "", None, sentence(access, wrong))
        return
    if ends is not None:
        days = max(0, (date.fromisoformat(ends) - today).days)
        yield Row("gitlab", "gitlab_token", ends, days, "you, at GitLab: then secrets.env")


def told(host: Host) -> tuple[End, ...]:
    """What a machine says of itself."""
    ends: tuple[End, ...] = host.get_fact(Ends)
    return ends


def renewed(host: Host) -> tuple[End, ...]:
    """The same once what is due was renewed; a unit that fails is told."""
    due = {end.whose for end in told(host) if end.days < RENEWED_DAYS}
    for unit in (UNITS[whose] for whose in sorted(due & set(UNITS))):
        if not run(host, f"systemctl start {unit}"):
            hint = f"see journalctl -u {unit}; a run brings one that is missing"
            print(f"{host.name}: {unit} failed: {hint}", file=sys.stderr)
    return told(host)


def _kubeconfig_ends(path: Path) -> datetime | None:
    """When its certificate or its token ends; None where it has neither that can be read."""
    try:
        (user,) = (row["user"] for row in yaml.safe_load(path.read_text("utf-8"))["users"])
        if "token" in user:
            claims = user["token"].split(".")[1]
            padded = claims + "=" * (-len(claims) % 4)
            return datetime.fromtimestamp(json.loads(base64.urlsafe_b64decode(padded))["exp"], UTC)
        pem = base64.b64decode(user["client-certificate-data"])
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError):
        return None
