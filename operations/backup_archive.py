"""A backup: a tar archive of encrypted parts, and a manifest of them at its end, in plain text."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from operations import age, kept
from operations.kept import Unusable

# What a newer one would be read wrongly by this code has a higher number.
FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 1 << 20  # bytes


class Part(BaseModel):
    """What one part is, as the manifest says it; its content is encrypted."""

    model_config = ConfigDict(frozen=True)
    name: str
    size: int  # of what is encrypted, as the sum
    sha256: str
    about: Mapping[str, str]  # what it says of itself, without a secret


class Manifest(BaseModel):
    """What a backup is of, and what is in it."""

    model_config = ConfigDict(frozen=True)
    format: int
    version: str  # of the platform's code
    platform: str
    taken: str
    parts: tuple[Part, ...]


class Writer:
    """Writes parts into a file, one after the other; none of them is anywhere in plain text."""

    def __init__(self, file: BinaryIO, recipient: str) -> None:
        self._file, self._recipient = file, recipient
        self.parts: list[Part] = []

    @contextmanager
    def part(self, name: str, about: dict[str, str]) -> Iterator[IO[bytes]]:
        """What is written into this becomes a part; `about` may be filled meanwhile."""
        with self._member(f"{name}.age") as begin, age.encrypted(self._recipient, self._file) as to:
            yield to
        self._file.seek(begin)
        size, sha256 = summed(self._file)
        self._end()
        self.parts.append(Part(name=name, size=size, sha256=sha256, about=about))

    def manifest(self, version: str, platform: str, taken: str) -> None:
        """The end: without it all of this is no backup."""
        found = Manifest(
            format=FORMAT, version=version, platform=platform, taken=taken, parts=tuple(self.parts)
        )
        with self._member(MANIFEST):
            self._file.write(f"{found.model_dump_json(indent=1)}\n".encode())
        self._end()
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))

    @contextmanager
    def _member(self, name: str) -> Iterator[int]:
        """A member whose size nobody knows before it is written; where its content begins."""
        start = self._file.tell()
        begin = start + tarfile.BLOCKSIZE
        self._file.write(bytes(tarfile.BLOCKSIZE))
        yield begin
        end = self._file.seek(0, 2)
        member = tarfile.TarInfo(name)
        member.size, member.mode = end - begin, kept.PRIVATE
        self._file.seek(start)
        self._file.write(member.tobuf(tarfile.GNU_FORMAT))
        self._file.seek(end)

    def _end(self) -> None:
        """Go to the end, at a whole block."""
        end = self._file.seek(0, 2)
        self._file.write(bytes(-end % tarfile.BLOCKSIZE))
        self._file.flush()


@dataclass(frozen=True)
class Backup:
    """A backup that is whole: every sum in it was checked."""

    path: Path
    manifest: Manifest
    offsets: Mapping[str, int]

    def part(self, name: str) -> Part:
        """What the manifest says of a part that is in it."""
        return next(part for part in self.manifest.parts if part.name == name)

    def content(self, name: str, identity: Path) -> AbstractContextManager[IO[bytes]]:
        """A part in plain text, to be read once; raises Broken where the key is another one."""
        return age.decrypted(identity, self.path, self.offsets[name], self.part(name).size)


def read(path: Path) -> Backup:
    """A backup whose parts are what its manifest says; raises Unusable."""
    try:
        with tarfile.open(path, "r:") as archive:
            members = {member.name: member for member in archive if member.isreg()}
            last = members.pop(MANIFEST, None)
            text = archive.extractfile(last) if last else None
            if text is None:
                raise Unusable("is no whole backup: its manifest is missing")
            manifest = Manifest.model_validate_json(text.read())
            if manifest.format > FORMAT:
                raise Unusable(
                    f"is newer than this checkout (format {manifest.format} of version"
                    f" {manifest.version}, this one reads {FORMAT}): use that version"
                )
            offsets = dict(_checked(archive, members, manifest))
    except ValidationError as error:
        raise Unusable(f"is no backup: its manifest has no {error.errors()[0]['loc']}") from error
    except (OSError, tarfile.TarError) as error:
        raise Unusable(f"cannot be read, or was cut off ({error})") from error
    return Backup(path, manifest, offsets)


def _checked(
    archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], manifest: Manifest
) -> Iterator[tuple[str, int]]:
    for part in manifest.parts:
        member = members.get(f"{part.name}.age")
        content = archive.extractfile(member) if member else None
        if member is None or content is None:
            raise Unusable(f"was changed: it has no {part.name}")
        if summed(content) != (part.size, part.sha256):
            raise Unusable(f"was changed: {part.name} is not what its manifest says")
        yield part.name, member.offset_data


def summed(source: IO[bytes]) -> tuple[int, str]:
    """How many bytes are left to read, and their sha256."""
    size, sha256 = 0, hashlib.sha256()
    while block := source.read(BLOCK):
        size += len(block)
        sha256.update(block)
    return size, sha256.hexdigest()
