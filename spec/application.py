"""The application that its owner brings: what it must hold, and how it is read."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from spec.secrets import CHECKOUT

# By path: the mode as git writes it, and the content.
Files = dict[str, tuple[str, bytes]]

# What the platform calls, and what GitLab reads; the rest is the application's own business.
CONTRACT = (
    ".gitlab-ci.yml",
    "deploy/ci/build.sh",
    "deploy/ci/deploy.sh",
    "deploy/ci/migrate.sh",
    "deploy/ci/push.sh",
    "deploy/ci/rollback.sh",
)
# Tiers that the shipped one has; the first is the page.
SHIPPED = ("frontend", "go", "laravel")
FILE, PROGRAM, LINK = "100644", "100755", "120000"


def bases() -> dict[str, str]:
    """The images that the shipped one is built from, by the arguments of its Dockerfiles."""
    files = sorted((CHECKOUT / "files/application").glob("*/Dockerfile"))
    return dict(
        found
        for file in files
        for found in re.findall(r"(?m)^ARG (\w+_IMAGE)=(\S+)", file.read_text("utf-8"))
    )


def is_address(source: str) -> bool:
    """Whether an application's source is a git address, which vm-docker clones itself."""
    return bool(re.match(r"(https?|ssh|git|file)://|[\w.-]+@[\w.-]+:", source))


def read(source: str) -> Files:
    """Every file of a folder, or of a tar or zip archive; raises OSError or ValueError.

    Of a folder without what git keeps for itself; of an archive without the one folder that
    everything in it is in.
    """
    path = Path(source)
    if path.is_dir():
        return dict(_of_folder(path))
    found = dict(_of_archive(path))
    tops = {name.partition("/")[0] for name in found}
    if len(tops) == 1 and all("/" in name for name in found):
        found = {name.partition("/")[2]: file for name, file in found.items()}
    return found


def missing(source: str) -> list[str]:
    """What a folder lacks of the contract, without reading it; nothing of an archive."""
    folder = Path(source)
    return [path for path in CONTRACT if folder.is_dir() and not (folder / path).exists()]


def lacking(files: Files) -> list[str]:
    """What the contract wants and these files have not."""
    return [path for path in CONTRACT if path not in files]


def _of_folder(folder: Path) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if ".git" in name.parts:
            continue
        if path.is_symlink():
            yield str(name), (LINK, str(path.readlink()).encode())
        elif path.is_file():
            runs = path.stat().st_mode & 0o100
            yield str(name), (PROGRAM if runs else FILE, path.read_bytes())


def _of_archive(path: Path) -> Iterator[tuple[str, tuple[str, bytes]]]:
    content = io.BytesIO(path.read_bytes())
    if zipfile.is_zipfile(content):
        with zipfile.ZipFile(content) as archive:
            for entry in archive.infolist():
                runs = entry.external_attr >> 16 & 0o100
                if not entry.is_dir():
                    yield _within(entry.filename), (PROGRAM if runs else FILE, archive.read(entry))
        return
    content.seek(0)
    try:
        with tarfile.open(fileobj=content) as tar:
            for member in tar:
                name = _within(member.name)
                if member.issym():
                    yield name, (LINK, member.linkname.encode())
                elif member.isreg():
                    inside = tar.extractfile(member)
                    assert inside is not None
                    yield name, (PROGRAM if member.mode & 0o100 else FILE, inside.read())
    except tarfile.TarError:
        raise ValueError("neither a folder nor a tar or zip archive") from None


def _within(name: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or ".git" in parts or name.startswith("/"):
        raise ValueError(f"has {name} in it, which does not belong into a repository")
    return "/".join(parts)
