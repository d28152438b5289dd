"""What people are told of the platform's own CA: what it is, and how their computers trust it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from spec import Platform
from spec.certificate import vouched_names


def write(certificate: x509.Certificate, path: Path) -> None:
    """Have that certificate, and nothing that came along with it, in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(certificate.public_bytes(Encoding.PEM))


def explained(platform: Platform, certificate: x509.Certificate) -> Iterator[str]:
    """What it is, and what to do with it, a line each."""
    settings, file = platform.docker_host, platform.ca_file
    edge = settings.edge_host
    names = " and ".join(vouched_names(settings))
    yield from (str(one.value) for one in certificate.subject)
    yield f"  may vouch for servers of {names} alone, until {certificate.not_valid_after_utc:%F}"
    yield f"  SHA-256 {certificate.fingerprint(SHA256()).hex(':').upper()}"
    yield f"It is in {file}. A computer that trusts it shows https://{edge} without a warning:"
    for where, what in _ways(edge, file, platform.registry_ca):
        yield f"\n{where}\n  {what}"


def _ways(edge: str, file: Path, registry_ca: str) -> Iterator[tuple[str, str]]:
    yield (
        "Debian, Ubuntu",
        f"sudo cp {file} /usr/local/share/ca-certificates/{edge}.crt"
        " && sudo update-ca-certificates",
    )
    yield "Fedora, Red Hat, Arch, openSUSE", f"sudo trust anchor {file}"
    yield (
        "Chrome and Chromium on Linux (package libnss3-tools)",
        f"certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n {edge} -i {file}",
    )
    yield (
        "macOS, with Safari and Chrome",
        "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain"
        f" {file}",
    )
    yield (
        "Windows, with Edge and Chrome, as an administrator",
        f"certutil -addstore -f Root {file.name}",
    )
    yield (
        "Firefox, which on Linux does not ask the system",
        "Settings > Privacy & Security > View Certificates > Authorities > Import: websites",
    )
    if registry_ca:
        yield "Docker on another computer", f"sudo install -D -m 0644 {file} {registry_ca}"
