"""An archive of etcd's data and of the control plane's keys: whether it is whole, and of whom."""

from __future__ import annotations

import hashlib
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from operations.kept import Unusable

SUMS = "SHA256SUMS"
NEEDED = (
    *("about", "etcd.db", "kubelet/config.yaml", "kubernetes/admin.conf"),
    *("kubernetes/encryption.yaml", "kubernetes/kubeadm.yaml", "kubernetes/manifests/etcd.yaml"),
    *(f"kubernetes/pki/{name}" for name in ("ca.crt", "ca.key", "sa.key", "etcd/ca.key")),
)
SHOWN = ("about", "kubernetes/encryption.yaml", "kubernetes/pki/ca.crt")
BLOCK = 1 << 20  # bytes


@dataclass(frozen=True)
class Archive:
    """What an archive says of itself, every sum in it checked."""

    host: str  # the node that is the control plane
    server: str  # where its API server answers
    kubernetes: str  # the version, without a v
    taken: str
    ca: str  # the sum of the cluster's authority, as workers pin it
    encryption_key: str  # what its Secrets are encrypted with


def read(path: Path) -> Archive:
    """What an archive is of; raises Unusable where it is cut off, changed, or something else."""
    with path.open("rb") as file:
        return of(file)


def of(source: IO[bytes]) -> Archive:
    """The same of what is read to its end, and not again."""
    try:
        with tarfile.open(None, "r|gz", source) as archive:
            sums, texts = _contents(archive)
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise Unusable(f"cannot be read, or was cut off ({error})") from error
    if missing := [name for name in (SUMS, *NEEDED) if name not in sums]:
        raise Unusable(f"is no archive of etcd-backup: {missing[0]} is missing")
    lines = re.findall(r"(?m)^([0-9a-f]{64}) [ *](.+)$", texts[SUMS].decode(errors="replace"))
    wanted = {name: sum_ for sum_, name in lines}
    found = {name: sum_ for name, sum_ in sums.items() if name != SUMS}
    if wrong := sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name)):
        raise Unusable(f"was changed: {wrong[0]} is not what its {SUMS} says")
    return _of(texts)


def _contents(archive: tarfile.TarFile) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """The sum of each file, and the text of those that say whose it is."""
    sums, texts = {}, {}
    for member in archive:
        name = member.name.removeprefix("./")
        if member.isdir():
            continue
        content = archive.extractfile(member) if member.isreg() else None
        if content is None or name.startswith("/") or ".." in name.split("/") or name in sums:
            raise Unusable(f"is no archive of etcd-backup: it has {member.name}")
        sum_, kept = hashlib.sha256(), b""
        while block := content.read(BLOCK):
            sum_.update(block)
            kept += block if name in (SUMS, *SHOWN) else b""
        sums[name] = sum_.hexdigest()
        texts[name] = kept
    return sums, texts


def _of(texts: Mapping[str, bytes]) -> Archive:
    try:
        about = dict(line.split(" ", 1) for line in texts["about"].decode().splitlines())
        certificate = x509.load_pem_x509_certificate(texts["kubernetes/pki/ca.crt"])
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Archive(
            about["host"],
            about["server"],
            about["kubernetes"],
            about["taken"],
            hashlib.sha256(key).hexdigest(),
            _key(texts["kubernetes/encryption.yaml"]),
        )
    except (LookupError, ValueError, TypeError, yaml.YAMLError) as error:
        raise Unusable(f"is no archive of etcd-backup: {error}") from error


def _key(configuration: bytes) -> str:
    """The first key of an EncryptionConfiguration, which is what it is written with."""
    (resource,) = yaml.safe_load(configuration)["resources"]
    provider = next(iter(resource["providers"][0].values()))
    return str(provider["keys"][0]["secret"])
