"""Checks of the Docker host: its ports, its folders, its registry, the application it lays out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from spec import application, ports
from spec.certificate import own_certificate
from spec.errors import Mistake
from spec.parts import Machine
from spec.paths import within
from spec.settings import DockerHost, Settings
from spec.variables import misused
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
    yield from _gitlab(settings)
    yield from _harbor(settings)
    yield from _application(settings)
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


def _gitlab(settings: DockerHost) -> Iterable[Mistake]:
    """Which GitLab, how one speaks with it, and what is called as it is there."""
    url, source = settings.gitlab_url, settings.application_source or ""
    if url.startswith("http:") and not settings.gitlab_in_plain_text:
        reason = (
            "whoever is on the way would read gitlab_token and the pipeline's secrets: write https,"
            " or say gitlab_in_plain_text = True if they may"
        )
        yield Mistake("docker_host", "gitlab_url", url, reason)
    if source.startswith("http:") and not settings.gitlab_in_plain_text:
        reason = (
            "whoever is on the way may change what is deployed: write https or ssh, or say"
            " gitlab_in_plain_text = True if they may"
        )
        yield Mistake("docker_host", "application_source", source, reason)
    host, port = settings.gitlab_ssh_host, settings.gitlab_ssh_port
    if (host, port) == ("gitlab.com", 443) or (host.startswith("altssh.") and port == 22):
        reason = (
            f"answers no SSH on port {port}: gitlab.com does on 22, altssh.… in front of it on 443"
        )
        yield Mistake("docker_host", "gitlab_ssh_host", host, reason)
    project = settings.gitlab_project or ""
    if project.partition("/")[0] == urlsplit(url).hostname:
        reason = "begins with the host of gitlab_url: write group/name alone"
        yield Mistake("docker_host", "gitlab_project", project, reason)


def own_images(registry: DockerHost, settings: Iterable[Settings]) -> Iterable[Mistake]:
    """Images that come before a pipeline has pushed any, and that nobody pulls with a login."""
    own = f"{registry.harbor_host}:{registry.harbor_port}/{registry.harbor_project}"
    for group in settings:
        for name in ("edge_image", "probe_image", "flannel_policies_image", "kubeadm_images"):
            image = getattr(group, name, "")
            if within(image, own) or image.startswith(f"{own}:"):
                reason = (
                    "is in the platform's own project, which is empty at first and asks for a"
                    " login: write where it comes from"
                )
                yield Mistake(group.group, name, repr(image), reason)


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


def in_plain_text(settings: DockerHost) -> str:
    """A sentence about a registry over plain HTTP; "" over HTTPS."""
    if settings.harbor_tls:
        return ""
    return (
        f"the registry speaks plain HTTP: whoever is in the node network can read its passwords"
        f' and change images on their way; harbor_url = "https://{settings.harbor_host}'
        f':{settings.harbor_port}" ends that, and images keep their names'
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
        reason = "goes with harbor_certificate: the platform's own CA is known already"
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
    if source is None:
        for name, reason in misused(settings.pipeline_variables):
            value = repr(settings.pipeline_variables[name])
            yield Mistake("docker_host", f"pipeline_variables.{name}", value, reason)
        return
    if application.is_address(source):
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
