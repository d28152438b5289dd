"""Certificates of the edge and the registry: own ones, and what the platform's own CA signs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from spec.names import is_address
from spec.settings import DockerHost

# With fewer left a certificate is renewed, asked for, or shuts a gate: before next month breaks.
LEAST_DAYS = 30
# What machines renew by themselves they do a week before anybody would complain.
RENEWED_DAYS = LEAST_DAYS + 7
# Where the platform's own CA is, on the Docker host.
CA, CA_KEY = "/etc/platform/ca.crt", "/etc/platform/ca.key"


def signs(settings: DockerHost) -> bool:
    """Whether the platform's own CA signs what the edge or the registry shows."""
    return not settings.edge_certificate or signs_registry(settings)


def signs_registry(settings: DockerHost) -> bool:
    """Whether it signs what the registry shows."""
    return settings.harbor_tls and not settings.harbor_certificate


def vouched_names(settings: DockerHost) -> tuple[str, ...]:
    """The only names that it can vouch for, which need no new CA when the registry gets HTTPS."""
    names = settings.edge_host, settings.harbor_host
    return tuple(name for name in names if not is_address(name))


def platform_ca(text: str, names: Iterable[str]) -> x509.Certificate:
    """The platform's own CA, from what its machine says; raises ValueError for any other one.

    A machine that was taken over may offer one that vouches for everybody's bank.
    """
    try:
        found = x509.load_pem_x509_certificate(text.encode())
    except ValueError as broken:
        raise ValueError("is no PEM certificate") from broken
    try:
        limits = found.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound as missing:
        raise ValueError("may vouch for any name") from missing
    permitted = {str(one.value) for one in limits.value.permitted_subtrees or ()}
    excluded = {str(one.value) for one in limits.value.excluded_subtrees or ()}
    if not (limits.critical and permitted):
        raise ValueError("may vouch for any name")
    if strange := permitted - set(names):
        raise ValueError(f"may vouch for {', '.join(sorted(strange))}")
    if excluded != {"0.0.0.0/0", "::/0"}:
        raise ValueError("may vouch for addresses")
    if found.not_valid_after_utc < datetime.now(UTC):
        raise ValueError(f"ended on {found.not_valid_after_utc:%Y-%m-%d}")
    return found


def own_certificate(settings: DockerHost, subject: str) -> str:
    """Why `subject`_certificate and `subject`_certificate_key cannot be used; "" when they can.

    They are PEM files on the operator's machine, or unset: a certificate (with its chain behind it)
    for `subject`_host that is valid now, and its key without a password.
    """
    certificate_path = getattr(settings, f"{subject}_certificate")
    key_path = getattr(settings, f"{subject}_certificate_key")
    name = getattr(settings, f"{subject}_host")
    if (certificate_path is None) != (key_path is None):
        return "a certificate and its key go together: set both, or neither"
    if certificate_path is None:
        return ""
    try:
        certificate = x509.load_pem_x509_certificate(Path(certificate_path).read_bytes())
        key = load_pem_private_key(Path(key_path).read_bytes(), password=None)
    except OSError as missing:
        return f"cannot be read: {missing.filename}: {missing.strerror}"
    except (ValueError, TypeError):
        return "not a PEM certificate with a PEM key that has no password"
    if certificate.public_key() != key.public_key():
        return f"does not belong to the key in {key_path}"
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        return f"ended on {certificate.not_valid_after_utc:%Y-%m-%d}: bring a newer one"
    if certificate.not_valid_before_utc > now:
        return f"begins on {certificate.not_valid_before_utc:%Y-%m-%d}: bring one that is valid now"
    if not _covers(certificate, name):
        return f"is not for {name} ({subject}_{'host' if subject == 'edge' else 'url'})"
    return ""


def vouched_for(settings: DockerHost) -> bool:
    """Whether the edge's certificate is one that somebody else has signed."""
    if settings.edge_certificate is None:
        return False
    certificate = x509.load_pem_x509_certificate(Path(settings.edge_certificate).read_bytes())
    return certificate.issuer != certificate.subject


def ends_soon(settings: DockerHost, subject: str) -> str:
    """A sentence about a certificate that is good and ends soon; "" while it does not."""
    path = getattr(settings, f"{subject}_certificate")
    if path is None:
        return ""
    ends = x509.load_pem_x509_certificate(Path(path).read_bytes()).not_valid_after_utc
    if ends - datetime.now(UTC) >= timedelta(days=LEAST_DAYS):
        return ""
    return (
        f"{subject}_certificate {path} ends on {ends:%Y-%m-%d}, in less than {LEAST_DAYS}"
        " days: bring a newer one"
    )


def _covers(certificate: x509.Certificate, name: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    if is_address(name):
        return IPv4Address(name) in names.value.get_values_for_type(x509.IPAddress)
    wildcard = f"*.{name.partition('.')[2]}"
    return bool({name, wildcard} & set(names.value.get_values_for_type(x509.DNSName)))
