"""Images as the mirror writes them: whole, the same bytes always, never in memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from lab.mirror import oci
from lab.mirror.oci import Entry, Image


def blob(layout: Path, digest: str) -> bytes:
    content = (layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes()
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
    return content


def manifest(layout: Path) -> dict[str, Any]:
    (index,) = json.loads((layout / "index.json").read_text())["manifests"]
    read: dict[str, Any] = json.loads(blob(layout, index["digest"]))
    return read


def image(tmp_path: Path) -> Image:
    (tmp_path / "program").write_bytes(b"binary" * 300_000)
    entries = [
        Entry("usr"),
        Entry("usr/bin/told", b"first"),
        Entry("usr/bin/told", b"second", 0o644),
        Entry("usr/bin/program", file=tmp_path / "program"),
        Entry("program", link="usr/bin/program"),
    ]
    return Image("some/image", ("1",), entries, {"Cmd": ["program"]})


def test_a_layer_holds_every_entry_once_and_knows_its_sums(tmp_path: Path) -> None:
    oci.write(image(tmp_path), "amd64", tmp_path / "layout")
    told = manifest(tmp_path / "layout")
    (layer,) = told["layers"]
    packed = blob(tmp_path / "layout", layer["digest"])
    assert layer["size"] == len(packed)
    unpacked = gzip.decompress(packed)
    config = json.loads(blob(tmp_path / "layout", told["config"]["digest"]))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(unpacked).hexdigest()}"]
    assert config["config"] == {"Cmd": ["program"]}
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
        assert tar.getnames() == ["usr", "usr/bin/told", "usr/bin/program", "program"]
        assert [oct(member.mode) for member in tar][:3] == ["0o755", "0o644", "0o755"]
        content = {m.name: f.read() for m in tar if m.isfile() and (f := tar.extractfile(m))}
        assert content["usr/bin/told"] == b"second"
        assert content["usr/bin/program"] == b"binary" * 300_000
    blobs = sorted(path.name for path in (tmp_path / "layout/blobs/sha256").iterdir())
    assert "unfinished" not in blobs


def test_the_same_image_is_the_same_bytes(tmp_path: Path) -> None:
    for layout in ("one", "two"):
        oci.write(image(tmp_path), "amd64", tmp_path / layout)
    assert manifest(tmp_path / "one") == manifest(tmp_path / "two")
