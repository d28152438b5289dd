"""Checks of the Docker host: its ports, its folders, its registry, the application it lays out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from cryptography import x509

from spec import application, ports
from spec.certificate import own_certificate
from spec.errors import Mistake
from spec.parts import Machine
from spec.paths import within
from spec.settings import DockerHost
from spec.versions import HARBOR_SHIPPED, HARBOR_SIGNED, line

FOLDERS = ("docker_data_root", "harbor_data", "application_path")


def docker_host(settings: DockerHost, machines: Iterable[Machine]) -> Iterable[Mistake]:
    """What does not go together among the settings of the Docker host."""
    machine = next((m for m in machines if "docker_host" in m.groups), None)
    yield from ports.docker_host(settings, machine)
    for subject in ("edge", "harbor"):
        reason = own_certificate(settings, subject)
        if reason:
            name = f"{subject}_certificate"
            yield Mistake("docker_host", name, repr(getattr(settings, name)), reason)
    yield from _folders(settings)
    yield from _harbor(settings)
    yield from _application(settings)
    if settings.gitlab_url.startswith("http:") and not settings.gitlab_in_plain_text:
        reason = (
            "whoever is on the way would read gitlab_token and the pipeline's secrets: write https,"
            " or say gitlab_in_plain_text = True if they may"
        )
        yield Mistake("docker_host", "gitlab_url", settings.gitlab_url, reason)
    if settings.harbor_host == settings.edge_host:
        reason = "the registry has this name already (harbor_url); choose another"
        yield Mistake("docker_host", "edge_host", settings.edge_host, reason)


def _folders(settings: DockerHost) -> Iterable[Mistake]:
    """Each folder is one program's: what makes or empties its own would do so to another's."""
    for first, second in combinations(FOLDERS, 2):
        one, other = getattr(settings, first), getattr(settings, second)
        if within(other, one) or within(one, other):
            how = "is" if one == other else "is inside of" if within(other, one) else "holds"
            reason = f"{how} {first} {one}: choose a folder beside it"
            yield Mistake("docker_host", second, repr(other), reason)


def unchecked(settings: DockerHost) -> str:
    """What is missing to check Harbor's bundle by; "" where nothing is."""
    version = settings.harbor_version.removeprefix("v")
    if settings.harbor_sha256 or line(version) <= HARBOR_SIGNED:
        return ""
    last = ".".join(str(number) for number in HARBOR_SIGNED)
    return (
        f"releases of Harbor after {last} carry no OpenPGP signature, and nothing else checks"
        f" {version}: write the sum that `curl -sSL {settings.harbor_releases}/v{version}"
        f"/harbor-offline-installer-v{version}.tgz | sha256sum` prints as harbor_sha256,"
        " best on two networks; Harbor is not installed without it"
    )


def _harbor(settings: DockerHost) -> Iterable[Mistake]:
    if (reason := unchecked(settings)) and line(settings.harbor_version) > HARBOR_SHIPPED:
        yield Mistake("docker_host", "harbor_sha256", "None", reason)
    for name in ("harbor_certificate", "harbor_ca"):
        value = getattr(settings, name)
        if value and not settings.harbor_tls:
            reason = f"is for a registry over https, and harbor_url is {settings.harbor_url}"
            yield Mistake("docker_host", name, repr(value), reason)
    if settings.harbor_ca and not settings.harbor_certificate:
        reason = "goes with harbor_certificate: a self-signed one is its own"
        yield Mistake("docker_host", "harbor_ca", repr(settings.harbor_ca), reason)
    elif settings.harbor_ca:
        try:
            x509.load_pem_x509_certificate(Path(settings.harbor_ca).read_bytes())
        except OSError as missing:
            reason = f"cannot be read: {missing.filename}: {missing.strerror}"
            yield Mistake("docker_host", "harbor_ca", repr(settings.harbor_ca), reason)
        except ValueError:
            reason = "not a PEM certificate"
            yield Mistake("docker_host", "harbor_ca", repr(settings.harbor_ca), reason)


def _application(settings: DockerHost) -> Iterable[Mistake]:
    source = settings.application_source
    if source is None or application.is_address(source):
        return  # cloned on the machine, which looks at it then
    try:
        # What is no application of ours may be a whole disk, and is not read.
        reason = ", ".join(
            application.missing(source) or application.lacking(application.read(source))
        )
        reason = reason and f"lacks {reason}, which the platform or GitLab calls"
    except OSError as missing:
        reason = f"cannot be read: {missing.filename}: {missing.strerror}"
    except ValueError as bad:
        reason = str(bad)
    if reason:
        yield Mistake("docker_host", "application_source", repr(source), reason)
