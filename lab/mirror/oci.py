"""Container images from plain files: one layer, in the OCI layout, the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One file of an image; a directory without content, a symbolic link with `link`."""

    path: str
    content: bytes | None = None
    mode: int = 0o755
    link: str = ""


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
    layer = _layer(image.entries)
    packed = gzip.compress(layer, compresslevel=4, mtime=0)
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": image.config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob(layout, json.dumps(config).encode(), "image.config.v1+json"),
        "layers": [_blob(layout, packed, "image.layer.v1.tar+gzip")],
    }
    index = _blob(layout, json.dumps(manifest).encode(), "image.manifest.v1+json")
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [index]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _layer(entries: Sequence[Entry]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in {entry.path.lstrip("/"): entry for entry in entries}.values():
            member = tarfile.TarInfo(entry.path.lstrip("/"))
            member.mode = entry.mode
            if entry.link:
                member.type, member.linkname = tarfile.SYMTYPE, entry.link
            elif entry.content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(entry.content)
            tar.addfile(member, io.BytesIO(entry.content or b""))
    return stream.getvalue()


def _blob(layout: Path, content: bytes, media_type: str) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    (blobs / digest).write_bytes(content)
    return {
        "mediaType": f"application/vnd.oci.{media_type}",
        "digest": f"sha256:{digest}",
        "size": len(content),
    }
