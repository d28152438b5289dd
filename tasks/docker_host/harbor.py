"""B3: the registry, Harbor, from its offline installer."""

from __future__ import annotations

import hashlib
from pathlib import Path

from facts.harbor import account
from operations import apt, files, harbor, harbor_project, systemd
from operations.downloads import Signed
from operations.sources import source
from spec import Platform
from spec.certificate import CA, signs_registry
from tasks.certificates import certify as certify_for
from tasks.certificates import renew as renew_certificate

TLS = "/etc/harbor/tls"
CERTIFICATE, KEY = f"{TLS}/tls.crt", f"{TLS}/tls.key"
RENEWAL = "harbor-certificate.timer"


def apply(platform: Platform) -> None:
    """Serve a private project of images, with an account that pushes and one that pulls."""
    describe(platform)
    certify(platform)
    install(platform)
    start(platform)
    renew(platform)
    open_project(platform)


def describe(platform: Platform) -> None:
    """B3: harbor.yml is written here, and copied into the bundle when that is installed."""
    password = platform.secrets.harbor_admin_password.get_secret_value()
    admin = _login("admin", "admin", password)
    harbor.check_login(
        name="Ask Harbor whether it knows the administrator",
        login=admin,
        url=platform.docker_host.harbor_url,
        ca=platform.registry_ca,
    )
    files.put(
        name="Describe Harbor",
        files=[
            source(platform, "docker_host", "/usr/local/lib/harbor.sh"),
            source(platform, "docker_host", "/usr/local/sbin/harbor-install", mode="0755"),
            source(platform, "docker_host", "/usr/local/sbin/harbor-back", mode="0755"),
            source(platform, "docker_host", "/usr/local/sbin/harbor-certificate", mode="0755"),
            source(platform, "docker_host", "/usr/local/sbin/harbor-start", mode="0755"),
            source(platform, "docker_host", "/usr/local/sbin/harbor-stop", mode="0755"),
            source(platform, "docker_host", "/etc/logrotate.d/harbor-install"),
            source(platform, "docker_host", "/etc/systemd/system/harbor-compose.service"),
            _configuration(platform, password),
            admin,
            *(_login(r.name, r.login, r.secret.get_secret_value()) for r in platform.robots),
        ],
    )


def certify(platform: Platform) -> None:
    """Over https: a certificate of its own or one of our CA's, and Docker knows whom to trust."""
    settings = platform.docker_host
    if not settings.harbor_tls:
        # It would be told of when it ends (make certificates), though nobody shows it any more.
        files.remove(name="Remove what the registry showed over https", paths=[TLS])
        return
    own, own_key = settings.harbor_certificate, settings.harbor_certificate_key
    certify_for(platform, settings.harbor_host, own, own_key, CERTIFICATE, KEY)
    signer = settings.harbor_ca or settings.harbor_certificate
    if signer:
        files.put(
            name="Let Docker trust the registry's signer",
            files=[files.File(platform.registry_ca, Path(signer).read_text())],
        )
    else:
        files.link(
            name="Let Docker trust the platform's own CA",
            path=platform.registry_ca,
            target=CA,
        )


def install(platform: Platform) -> None:
    """B3: prepare and install.sh, which take everything down, only when something is different."""
    settings = platform.docker_host
    signature = Signed(settings.harbor_key, settings.harbor_key_fingerprint)
    if not settings.harbor_sha256:
        apt.packages(
            name="Install what checks the bundle's signature", versions={"gpg": "", "gpgv": ""}
        )
    harbor.install(
        name=f"Install Harbor {settings.harbor_version}",
        version=settings.harbor_version.removeprefix("v"),
        releases=settings.harbor_releases,
        check=settings.harbor_sha256 or signature,
        config=_sum_of_configuration(platform),
        data=settings.harbor_data,
        url=settings.harbor_url,
        ca=platform.registry_ca,
    )


def start(platform: Platform) -> None:
    """The unit: Docker alone brings Harbor back half-dead after a reboot.

    Harbor copies its certificate when it is installed: a newer one is shown without that, before
    anybody asks who trusts its signer alone.
    """
    settings = platform.docker_host
    systemd.enable(name="Start Harbor", units=["harbor-compose.service"])
    if settings.harbor_tls:
        harbor.certificate(
            name="Let Harbor show its certificate",
            data=settings.harbor_data,
            certificate=CERTIFICATE,
            host_name=settings.harbor_host,
            port=settings.harbor_port,
        )
    harbor.start(
        name="Run Harbor until every component is healthy",
        url=settings.harbor_url,
        ca=platform.registry_ca,
    )


def renew(platform: Platform) -> None:
    """Have the machine itself renew the registry's certificate, where our CA signs it."""
    settings = platform.docker_host
    if signs_registry(settings):
        renew_certificate(
            platform,
            "harbor",
            settings.harbor_host,
            CERTIFICATE,
            KEY,
            load=f"{harbor.SHOW} {settings.harbor_data}",
        )
    else:
        systemd.disable(name="Renew no certificate of Harbor's", units=[RENEWAL])


def open_project(platform: Platform) -> None:
    """B3: images are named after the project; the runbook makes it by hand, and uses the admin."""
    harbor_project.create(
        name=f"Open the project {platform.docker_host.harbor_project} to its robots",
        project=platform.docker_host.harbor_project,
        robots=platform.robots,
        keep=platform.docker_host.harbor_keep_images,
        url=platform.docker_host.harbor_url,
        ca=platform.registry_ca,
    )


def _configuration(platform: Platform, password: str) -> files.File:
    return source(
        platform, "docker_host", "/etc/harbor/harbor.yml", mode="0600", admin_password=password
    )


def _login(name: str, login: str, password: str) -> files.File:
    quoted = f"{login}:{password}".replace("\\", "\\\\").replace('"', '\\"')
    return files.File(account(name), f'user = "{quoted}"\n', mode="0600")


def _sum_of_configuration(platform: Platform) -> str:
    """Of everything that the installer reads; the admin's password counts only the first time."""
    return hashlib.sha256(_configuration(platform, "").content.encode()).hexdigest()[:16]
