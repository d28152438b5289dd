"""Archives of etcd-backup, made here: whole ones, and whatever may become of them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from operations.etcd_archive import NEEDED
from spec import Platform

KEY = ec.generate_private_key(ec.SECP256R1())
PIN = hashlib.sha256(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).hexdigest()


def authority() -> bytes:
    """The certificate of the authority that PIN is the sum of."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, KEY.public_key(), 1, now, now + timedelta(1))
    return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def contents(platform: Platform, **about: str) -> dict[str, bytes]:
    """What etcd-backup puts into an archive of this platform."""
    told = {
        "host": platform.control.hostname,
        "server": f"https://{platform.control.address}:6443",
        "kubernetes": platform.k8s_node.kubernetes_version,
        "taken": "2026-11-29T08:00:00Z",
        **about,
    }
    key = f"{{keys: [{{name: first, secret: {platform.encryption_key}}}]}}"
    provider = f"resources: [{{providers: [{{secretbox: {key}}}, {{identity: {{}}}}]}}]\n"
    return {
        **dict.fromkeys(NEEDED, b"x"),
        "about": "".join(f"{name} {value}\n" for name, value in told.items()).encode(),
        "kubernetes/encryption.yaml": provider.encode(),
        "kubernetes/pki/ca.crt": authority(),
    }


def write(path: Path, files: Mapping[str, bytes], sums: Mapping[str, bytes] | None = None) -> Path:
    """An archive of these files, with the sums of these or of others."""
    lines = (f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in (sums or files).items())
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {**files, "SHA256SUMS": "".join(lines).encode()}.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
