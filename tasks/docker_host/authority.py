"""B4: whom browsers and machines trust for what the platform serves: a CA of its own."""

from __future__ import annotations

from operations import certificate, files
from operations.sources import source
from spec import Platform
from spec.certificate import CA, CA_KEY, signs, vouched_names

# As long as nobody wants to trust another one; what it signs ends after a year.
DAYS = 3650


def apply(platform: Platform) -> None:
    """Have a CA where the machine itself can renew what it signs, and no good for other names."""
    bring_programs(platform)
    make(platform)


def bring_programs(platform: Platform) -> None:
    """B4: the runbook's one line of openssl, with what browsers and Apple's programs ask for."""
    files.put(
        name="Bring what makes certificates",
        files=[
            source(platform, "docker_host", "/usr/local/sbin/make-authority", mode="0755"),
            source(platform, "docker_host", "/usr/local/sbin/make-certificate", mode="0755"),
        ],
    )


def make(platform: Platform) -> None:
    """B4: its key stays here, where a timer needs it while nobody is there.

    It vouches for nothing but the names that this machine serves anyway.
    """
    if signs(platform.docker_host):
        certificate.authority(
            name="Make the platform's own CA",
            names=vouched_names(platform.docker_host),
            certificate=CA,
            key=CA_KEY,
            days=DAYS,
        )
