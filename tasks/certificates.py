"""A certificate for a name that a machine serves over HTTPS: an own one, or one of our CA's."""

from __future__ import annotations

from pathlib import Path

from operations import certificate, files, systemd
from operations.sources import source
from spec import Platform
from spec.certificate import CA, CA_KEY, RENEWED_DAYS

# Apple's programs refuse one of more than 398 days, whoever vouches for it.
YEAR = 397


def certify(
    platform: Platform,
    name: str,
    own: str | None,
    own_key: str | None,
    certificate_path: str,
    key_path: str,
) -> None:
    """Have the certificate of `own` (files on the operator's machine), or one signed for `name`."""
    if own and own_key:
        files.put(
            name=f"Bring the own certificate of {name}",
            files=[
                files.File(key_path, Path(own_key).read_text(), mode="0600"),
                files.File(certificate_path, Path(own).read_text()),
            ],
        )
    else:
        certificate.sign(
            name=f"Sign a certificate for {name}",
            common_name=name,
            certificate=certificate_path,
            key=key_path,
            days=YEAR,
            ca=CA,
            ca_key=CA_KEY,
        )


def renew(
    platform: Platform, subject: str, name: str, certificate_path: str, key_path: str, load: str
) -> None:
    """Have the machine itself renew what it has signed, a week before anybody would complain."""
    files.put(
        name=f"Describe how the certificate of {name} is renewed",
        files=[
            source(
                platform,
                "docker_host",
                "/etc/systemd/system/certificate.service",
                at=f"/etc/systemd/system/{subject}-certificate.service",
                subject=name,
                certificate=certificate_path,
                key=key_path,
                ca=CA,
                ca_key=CA_KEY,
                days=YEAR,
                least_days=RENEWED_DAYS,
                load=load,
            ),
            source(
                platform,
                "docker_host",
                "/etc/systemd/system/certificate.timer",
                at=f"/etc/systemd/system/{subject}-certificate.timer",
            ),
        ],
    )
    systemd.enable(
        name=f"Have the certificate of {name} renewed", units=[f"{subject}-certificate.timer"]
    )
