"""What each part of a backup holds, read to its end: whole and consistent, or Unusable."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from operations import etcd_archive
from operations.backup_archive import BLOCK
from operations.kept import Unusable

About = dict[str, str]
REGISTRY = "registry/docker/registry/v2/"
LINK = re.compile(rf"{REGISTRY}repositories/(.+)/_manifests/revisions/sha256/([0-9a-f]{{64}})/link")
BLOB = re.compile(rf"{REGISTRY}blobs/sha256/[0-9a-f]{{2}}/([0-9a-f]{{64}})/data")
BRANCH = re.compile("^([0-9a-f]+) refs/heads/(.+)$", re.MULTILINE)
LARGEST = 4 << 20  # bytes; a registry takes no larger manifest


def database(source: IO[bytes]) -> About:
    """Of a database's dump: the sum of its rows."""
    rows, some = hashlib.sha256(), False
    try:
        # A row of many megabytes is a line.
        for line in gzip.GzipFile(None, "rb", fileobj=source):
            some = True
            if line.startswith(b"INSERT INTO "):
                rows.update(line)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"the dump was cut off ({error})") from error
    if not some:
        raise Unusable("the dump is empty")
    return {"rows": rows.hexdigest()}


def harbor(source: IO[bytes]) -> About:
    """Of Harbor: its version, and how many images there are, each with all of its blobs."""
    about: About = {}
    images: dict[str, str] = {}
    blobs: set[str] = set()
    needed: dict[str, str] = {}
    for name, member, content in _files(source):
        if name == "about":
            about = dict(line.split(" ", 1) for line in content.read().decode().splitlines())
        elif link := LINK.fullmatch(name):
            images[link[2]] = link[1]
        elif blob := BLOB.fullmatch(name):
            digest = blob[1]
            text = _blob(digest, member.size, content)
            if digest in images:
                needed |= dict.fromkeys(_named_by(text), images[digest])
            blobs.add(digest)
    if "harbor" not in about:
        raise Unusable("it has not said of which Harbor it is")
    for digest, repository in {**needed, **images}.items():
        if digest not in blobs:
            raise Unusable(
                f"an image of {repository} lacks sha256:{digest}: push it again, or delete it and"
                " have Harbor collect its garbage"
            )
    return {**about, "images": str(len(images))}


def etcd(source: IO[bytes]) -> About:
    """Of etcd: which cluster it is of."""
    found = etcd_archive.of(source)
    return {"kubernetes": found.kubernetes, "host": found.host}


def files(source: IO[bytes]) -> About:
    """Of a tar archive: how many files it has."""
    return {"files": str(sum(1 for _ in _files(source)))}


def repository(source: IO[bytes]) -> About:
    """Of a git bundle: the commit of each branch."""
    header = bytearray()
    while not header.endswith(b"\n\n") and len(header) < BLOCK and (byte := source.read(1)):
        header += byte
    if not header.startswith(b"# v"):
        raise Unusable("it is no git bundle")
    return {name: commit for commit, name in BRANCH.findall(header.decode(errors="replace"))}


def anything(source: IO[bytes]) -> About:
    """Of what is read by somebody else: that something is there."""
    if not source.read(1):
        raise Unusable("it is empty")
    return {}


CHECKS: Mapping[str, Callable[[IO[bytes]], About]] = {
    "mysql": database,
    "harbor": harbor,
    "etcd": etcd,
    "certificates": files,
    "repository": repository,
    "secrets": anything,
    "gitlab": anything,
}


def _files(source: IO[bytes]) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes]]]:
    try:
        with tarfile.open(None, "r|", source) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None:
                    yield member.name.removeprefix("./"), member, content
    except (OSError, EOFError, tarfile.TarError) as error:
        raise Unusable(f"it was cut off ({error})") from error


def _blob(digest: str, size: int, content: IO[bytes]) -> bytes:
    """Read a blob, which is what its name says; its text where it may be a manifest."""
    sha256, text = hashlib.sha256(), b""
    while block := content.read(BLOCK):
        sha256.update(block)
        text += block if size <= LARGEST else b""
    if sha256.hexdigest() != digest:
        raise Unusable(f"the blob sha256:{digest} of the registry is damaged on the disk")
    return text


def _named_by(manifest: bytes) -> Iterator[str]:
    """The blobs that a manifest needs: those that are fetched from elsewhere are not."""
    try:
        found: Any = json.loads(manifest)
    except ValueError as error:
        raise Unusable(f"a manifest of an image is no JSON ({error})") from error
    for part in (found.get("config"), *found.get("layers", ()), *found.get("manifests", ())):
        if part and not part.get("urls"):
            yield str(part["digest"]).removeprefix("sha256:")
