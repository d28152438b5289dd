"""A certificate for a name that a machine serves over HTTPS: an own or a self-signed one."""

from __future__ import annotations

from pathlib import Path

from operations import certificate, files


def certify(
    name: str, own: str | None, own_key: str | None, certificate_path: str, key_path: str
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
        certificate.self_signed(
            name=f"Make a certificate for {name}",
            common_name=name,
            certificate=certificate_path,
            key=key_path,
        )
