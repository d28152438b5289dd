"""Certificates as an operator would bring one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)


def certificate(
    folder: Path, *names: str, days: float = 90, password: str = "", signer: str = ""
) -> tuple[Path, Path]:
    """Write a certificate for these names that ends in so many days, and its key.

    It vouches for itself, unless it names a signer.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, signer or names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), False)
        .sign(key, hashes.SHA256())
    )
    hide = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    crt, pem = folder / f"{names[0]}.crt", folder / f"{names[0]}.key"
    crt.write_bytes(made.public_bytes(Encoding.PEM))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hide))
    return crt, pem


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(IPv4Address(name))
    except ValueError:
        return x509.DNSName(name)
