"""Container images from plain files, as OCI layout or for `docker load`; the same bytes always."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from lab.mirror.store import sum_of

BUFFER = 1 << 20  # bytes written at once


@dataclass(frozen=True)
class Entry:
    """One file of an image; a directory without content, a symbolic link with `link`."""

    path: str
    content: bytes | None = None
    mode: int = 0o755
    link: str = ""
    file: Path | None = None  # has the content, and is read when the image is written


@dataclass(frozen=True)
class Image:
    """One image under several tags."""

    name: str  # repository, as the registry knows it
    tags: tuple[str, ...]
    entries: Sequence[Entry]  # parents first; of two with one path the later one counts
    config: Mapping[str, object] = field(default_factory=dict)  # of the OCI image specification


def from_tree(tree: Path, path: str, at: str = "") -> Entry:
    """The file that `path` leads to in `tree`, links followed inside of it."""
    target = _followed(tree, path)
    mode = 0o755 if target.stat().st_mode & 0o100 else 0o644
    return Entry(at or path, target.read_bytes(), mode)


def _followed(tree: Path, path: str) -> Path:
    """`path` in `tree`; a link that starts with / means the tree's root, not this machine's."""
    place = tree
    parts = list(Path(path).parts)
    while parts:
        part = parts.pop(0)
        place = tree if part == "/" else place / part
        if place.is_symlink():
            parts = [*place.readlink().parts, *parts]
            place = place.parent
    return place


def write(image: Image, architecture: str, layout: Path) -> None:
    """Write `image` into the directory `layout`, without a tag."""
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    unpacked, layer = _packed(image.entries, blobs)
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": image.config,
        "rootfs": {"type": "layers", "diff_ids": [unpacked]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob(blobs, json.dumps(config).encode(), "image.config.v1+json"),
        "layers": [layer],
    }
    index = _blob(blobs, json.dumps(manifest).encode(), "image.manifest.v1+json")
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [index]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def archive(base: Sequence[Entry], images: Sequence[Image], architecture: str, out: Path) -> None:
    """Write `images`, each on top of the layer `base`, as one gzipped file for `docker load`."""
    shared = _layer(base)
    manifest = []
    with tarfile.open(out, "w:gz", compresslevel=1) as tar:
        shared_id = _member(tar, shared, "tar")
        for image in images:
            own = _layer(image.entries)
            layers = [shared_id, _member(tar, own, "tar")]
            config = {
                "architecture": architecture,
                "os": "linux",
                "config": image.config,
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{name}" for name in layers]},
            }
            described = _member(tar, json.dumps(config).encode(), "json")
            manifest.append(
                {
                    "Config": f"{described}.json",
                    "RepoTags": [f"{image.name}:{tag}" for tag in image.tags],
                    "Layers": [f"{name}.tar" for name in layers],
                }
            )
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _member(tar: tarfile.TarFile, content: bytes, kind: str) -> str:
    """Add a file named after its own sum, once; returns the sum."""
    digest = hashlib.sha256(content).hexdigest()
    if f"{digest}.{kind}" not in tar.getnames():
        _add(tar, f"{digest}.{kind}", content)
    return digest


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _layer(entries: Sequence[Entry]) -> bytes:
    stream = io.BytesIO()
    _write_tar(entries, stream)
    return stream.getvalue()


def _write_tar(entries: Sequence[Entry], stream: IO[bytes]) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT, bufsize=BUFFER) as tar:
        for entry in {entry.path.lstrip("/"): entry for entry in entries}.values():
            member = tarfile.TarInfo(entry.path.lstrip("/"))
            member.mode = entry.mode
            if entry.link:
                member.type, member.linkname = tarfile.SYMTYPE, entry.link
            elif entry.file:
                member.size = entry.file.stat().st_size
                with entry.file.open("rb") as content:
                    tar.addfile(member, content)
                continue
            elif entry.content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(entry.content)
            tar.addfile(member, io.BytesIO(entry.content or b""))


class _Hashed(io.RawIOBase):
    """Writes to another stream and knows the sum of what was written."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self.stream = stream
        self.sum = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.sum.update(data)
        return self.stream.write(data)


def _packed(entries: Sequence[Entry], blobs: Path) -> tuple[str, dict[str, object]]:
    """Write a layer as it goes, however large; returns its unpacked digest, and what it became."""
    unfinished = blobs / "unfinished"
    with unfinished.open("wb") as file:
        # Quick rather than small: nobody pulls these from afar.
        with gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed:
            layer = _Hashed(packed)
            _write_tar(entries, cast(IO[bytes], layer))
        size = file.tell()
    digest = sum_of(unfinished)
    unfinished.rename(blobs / digest)
    return f"sha256:{layer.sum.hexdigest()}", _described(digest, size, "image.layer.v1.tar+gzip")


def _blob(blobs: Path, content: bytes, media_type: str) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return _described(digest, len(content), media_type)


def _described(digest: str, size: int, media_type: str) -> dict[str, object]:
    return {
        "mediaType": f"application/vnd.oci.{media_type}",
        "digest": f"sha256:{digest}",
        "size": size,
    }
