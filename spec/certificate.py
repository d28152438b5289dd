"""An own certificate for the edge, looked at before it goes anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from spec.settings import DockerHost

LEAST_LEFT = timedelta(days=30)


def own_certificate(settings: DockerHost) -> str:
    """Why edge_certificate and edge_certificate_key cannot be used; "" when they can, or are unset.

    They are PEM files on the operator's machine: a certificate (with its chain behind it) for
    edge_host that is valid for 30 more days, and its key without a password.
    """
    if (settings.edge_certificate is None) != (settings.edge_certificate_key is None):
        return "a certificate and its key go together: set both, or neither"
    if settings.edge_certificate is None or settings.edge_certificate_key is None:
        return ""
    try:
        certificate = x509.load_pem_x509_certificate(Path(settings.edge_certificate).read_bytes())
        key = load_pem_private_key(Path(settings.edge_certificate_key).read_bytes(), password=None)
    except OSError as missing:
        return f"cannot be read: {missing.filename}: {missing.strerror}"
    except (ValueError, TypeError):
        return "not a PEM certificate with a PEM key that has no password"
    if certificate.public_key() != key.public_key():
        return f"does not belong to the key in {settings.edge_certificate_key}"
    if certificate.not_valid_after_utc - datetime.now(UTC) < LEAST_LEFT:
        return f"ends on {certificate.not_valid_after_utc:%Y-%m-%d}; at least 30 days must be left"
    if not _covers(certificate, settings.edge_host):
        return f"is not for {settings.edge_host} (edge_host)"
    return ""


def _covers(certificate: x509.Certificate, name: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    wildcard = f"*.{name.partition('.')[2]}"
    return bool({name, wildcard} & set(names.value.get_values_for_type(x509.DNSName)))
