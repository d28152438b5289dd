"""The lab's newer Harbor: the same installer under another version, with sums that fit."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.mirror.rebrand import rebrand

OLD, NEW = "2.14.1", "2.14.2"


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o755
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as source:
        return {m.name: source.extractfile(m).read() for m in source if m.isfile()}  # type: ignore[union-attr]


def image(name: str, *layers: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """An image as `docker save` writes it: its row of the manifest, and its files."""
    sums = [hashlib.sha256(layer).hexdigest() for layer in layers]
    config = {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{one}" for one in sums]}}
    told = json.dumps(config).encode()
    config_name = f"{hashlib.sha256(told).hexdigest()}.json"
    row = {
        "Config": config_name,
        "RepoTags": [f"goharbor/{name}:v{OLD}"],
        "Layers": [f"{one}.tar" for one in sums],
    }
    return row, {
        config_name: told,
        **{f"{one}.tar": layer for one, layer in zip(sums, layers, strict=True)},
    }


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """An installer of two images, one of which tells the version."""
    base = packed({"bin/sh": b"shell"})
    versions = packed(
        {"usr/src/app/versions": f"VERSION_TAG: v{OLD}\n".encode(), "usr/src/app/main.py": b"main"}
    )
    core, core_files = image("harbor-core", base, packed({"harbor/core": b"core"}))
    prepare, prepare_files = image("prepare", base, versions)
    images = packed(
        {**core_files, **prepare_files, "manifest.json": json.dumps([core, prepare]).encode()}
    )
    path = tmp_path / "old.tgz"
    installer = {
        "harbor/install.sh": b"#!/bin/bash\n",
        "harbor/prepare": f"docker run goharbor/prepare:v{OLD} prepare\n".encode(),
        f"harbor/harbor.v{OLD}.tar.gz": gzip.compress(images),
    }
    path.write_bytes(gzip.compress(packed(installer)))
    return path


def renamed(bundle: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Files of the installer, and files of its images, under the other version."""
    out = bundle.with_name("new.tgz")
    rebrand(bundle, OLD, NEW, out)
    installer = unpacked(gzip.decompress(out.read_bytes()))
    images = unpacked(gzip.decompress(installer[f"harbor/harbor.v{NEW}.tar.gz"]))
    return installer, images


def test_the_installer_has_the_other_version_and_nothing_of_the_old(bundle: Path) -> None:
    before = bundle.read_bytes()
    installer, images = renamed(bundle)
    assert set(installer) == {"harbor/install.sh", "harbor/prepare", f"harbor/harbor.v{NEW}.tar.gz"}
    assert installer["harbor/prepare"].decode() == f"docker run goharbor/prepare:v{NEW} prepare\n"
    assert OLD.encode() not in b"".join(images.values())
    assert bundle.read_bytes() == before
    assert {path.name for path in bundle.parent.iterdir()} == {"old.tgz", "new.tgz"}


def test_every_name_is_the_sum_of_what_it_names(bundle: Path) -> None:
    _, images = renamed(bundle)
    manifest = json.loads(images.pop("manifest.json"))
    assert [row["RepoTags"] for row in manifest] == [
        [f"goharbor/{name}:v{NEW}"] for name in ("harbor-core", "prepare")
    ]
    for name, content in images.items():
        assert hashlib.sha256(content).hexdigest() == name.partition(".")[0]
    named = set()
    for row in manifest:
        told = json.loads(images[row["Config"]])["rootfs"]["diff_ids"]
        assert [f"sha256:{layer.removesuffix('.tar')}" for layer in row["Layers"]] == told
        named |= {row["Config"], *row["Layers"]}
    assert named == set(images)


def test_prepare_writes_the_other_version_and_its_programs_are_the_same(bundle: Path) -> None:
    _, images = renamed(bundle)
    (row,) = [r for r in json.loads(images["manifest.json"]) if "prepare" in r["RepoTags"][0]]
    assert unpacked(images[row["Layers"][-1]]) == {
        "usr/src/app/versions": f"VERSION_TAG: v{NEW}\n".encode(),
        "usr/src/app/main.py": b"main",
    }
