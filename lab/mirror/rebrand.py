"""A Harbor installer under another version: what there is to upgrade to, when there is only one."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any


def rebrand(bundle: Path, version: str, other: str, out: Path) -> None:
    """Write the installer `bundle` of `version` as one of version `other` to `out`.

    Image names, file names and the version that `prepare` writes into the compose file change; the
    programs stay the same.
    """
    old, new = f"v{version}", f"v{other}"
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        work = Path(folder)
        subprocess.run(["tar", "-xzf", bundle, "-C", work], check=True)
        root = work / "harbor"
        archive = root / f"harbor.{old}.tar.gz"
        subprocess.run(["gzip", "--decompress", archive], check=True)
        loaded = archive.with_suffix("")
        renamed = root / f"harbor.{new}.tar"
        _rename_images(loaded, old, new, renamed)
        loaded.unlink()
        subprocess.run(["gzip", "-1", renamed], check=True)
        prepare = root / "prepare"
        prepare.write_text(prepare.read_text().replace(old, new))
        with out.open("wb") as packed:
            tar = subprocess.Popen(["tar", "-C", work, "-c", "harbor"], stdout=subprocess.PIPE)
            subprocess.run(["gzip", "-1"], stdin=tar.stdout, stdout=packed, check=True)
            if tar.wait():
                raise subprocess.CalledProcessError(tar.returncode, tar.args)


def _rename_images(archive: Path, old: str, new: str, out: Path) -> None:
    """`docker load`'s format: a manifest that names configurations and layers by their files."""
    replaced: dict[str, tuple[str, bytes]] = {}
    with tarfile.open(archive) as source, tarfile.open(out, "w") as target:
        manifest: list[dict[str, Any]] = json.loads(_read(source, "manifest.json"))
        for image in manifest:
            image["RepoTags"] = [tag.replace(old, new) for tag in image["RepoTags"]]
            if "/prepare:" in image["RepoTags"][0]:
                _set_version(source, image, old, new, replaced)
        for member in source:
            if member.name == "manifest.json":
                continue
            name, content = replaced.get(member.name, (member.name, None))
            if content is None:
                target.addfile(member, source.extractfile(member))
            else:
                _add(target, name, content)
        _add(target, "manifest.json", json.dumps(manifest).encode())


def _set_version(
    source: tarfile.TarFile,
    image: dict[str, Any],
    old: str,
    new: str,
    replaced: dict[str, tuple[str, bytes]],
) -> None:
    """Change the version that the image's top layer tells, and all that is named after its sum."""
    layer = image["Layers"][-1]
    content = _layer_with(_read(source, layer), "usr/src/app/versions", old, new)
    config = json.loads(_read(source, image["Config"]))
    digest = hashlib.sha256(content).hexdigest()
    config["rootfs"]["diff_ids"][-1] = f"sha256:{digest}"
    told = json.dumps(config).encode()
    names = f"{digest}.tar", f"{hashlib.sha256(told).hexdigest()}.json"
    replaced[layer], replaced[image["Config"]] = (names[0], content), (names[1], told)
    image["Layers"][-1], image["Config"] = names


def _layer_with(layer: bytes, path: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(layer)) as source,
        tarfile.open(fileobj=out, mode="w") as target,
    ):
        for member in source:
            file = source.extractfile(member) if member.isfile() else None
            content = file.read() if file else b""
            if member.name == path:
                content = content.replace(old.encode(), new.encode())
                member.size = len(content)
            target.addfile(member, io.BytesIO(content) if file else None)
    return out.getvalue()


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name}: no file in the archive")
    return file.read()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))
