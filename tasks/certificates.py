"""A certificate for a name that a machine serves over HTTPS: an own or a self-signed one."""

from __future__ import annotations

from pathlib import Path

from operations import certificate, files
from operations.sources import source
from spec import Platform

# Apple's programs refuse one of more than 398 days, whoever vouches for it.
YEAR = 397


def certify(
    platform: Platform,
    name: str,
    own: str | None,
    own_key: str | None,
    certificate_path: str,
    key_path: str,
    days: int = YEAR,
) -> None:
    """Have the certificate of `own` (files on the operator's machine), or one made for `name`."""
    if own and own_key:
        files.put(
            name=f"Bring the own certificate of {name}",
            files=[
                files.File(key_path, Path(own_key).read_text(), mode="0600"),
                files.File(certificate_path, Path(own).read_text()),
            ],
        )
    else:
        files.put(
            name=f"Bring what makes a certificate for {name}",
            files=[
                source(platform, "docker_host", "/usr/local/sbin/make-certificate", mode="0755")
            ],
        )
        certificate.self_signed(
            name=f"Make a certificate for {name}",
            common_name=name,
            certificate=certificate_path,
            key=key_path,
            days=days,
        )
