"""The charts of the monitoring: our own ones, which know what the real ones do and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.doubles import monitoring
from lab.mirror import images, storage
from lab.mirror.store import fingerprint, made_once, sum_of

HERE = Path(__file__).parent
CHARTS = HERE / "charts"
# What the real charts take, and what they make of what we give them, from their own sources.
CONTRACT = CHARTS / "contract.json"
RELEASES = "charts"  # below it all charts, whoever releases the real ones


def make() -> Path:
    """A directory with www/, the charts as they are released, and facts.json with their sums."""

    def fill(directory: Path) -> None:
        facts = {}
        for name, version in versions().items():
            folder = directory / "www" / RELEASES / f"{name}-{version}"
            folder.mkdir(parents=True)
            archive = folder / f"{folder.name}.tgz"
            archive.write_bytes(packed(name))
            facts[f"chart_{name}_sha256"] = sum_of(archive)
        (directory / "facts.json").write_text(json.dumps(facts))

    inputs = fingerprint(__file__, CHARTS)
    return made_once("charts", inputs, "Pack the charts of the monitoring", fill)


def stored(tree: Path) -> Path:
    """A registry's storage with the images that the charts name."""
    doubles = Path(monitoring.__file__).parent, HERE / "python.py"
    sources = (Path(__file__), Path(images.__file__), *doubles)
    known = f"{monitoring.debian().name} {fingerprint(*sources)}"
    title = "Build the images of the monitoring"
    return storage.of_images(
        tree, "images-monitoring", known, title, lambda: monitoring.images(tree)
    )


def versions() -> Mapping[str, str]:
    """The version of each chart."""
    return {
        path.parent.name: re.findall(r"(?m)^version: (\S+)$", path.read_text())[0]
        for path in sorted(CHARTS.glob("*/Chart.yaml"))
    }


def packed(name: str) -> bytes:
    """A chart as one archive, the same bytes always."""
    contents = {
        str(path.relative_to(CHARTS)): path.read_bytes()
        for path in sorted((CHARTS / name).rglob("*"))
        if path.is_file()
    }
    contents[f"{name}/values.schema.json"] = json.dumps(schema(name)).encode()
    made = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path, content in contents.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


def schema(name: str) -> dict[str, Any]:
    """What makes Helm refuse a value that the real chart does not know."""
    knows = json.loads(CONTRACT.read_text())[name]["knows"]
    return dict(_level(knows, ""))


def _level(knows: Mapping[str, str], path: str) -> Iterator[tuple[str, Any]]:
    yield "type", "object"
    yield "additionalProperties", False
    inside = {word: f"{path}.{word}".lstrip(".") for word in knows[path].split()}
    yield (
        "properties",
        {word: dict(_level(knows, at)) if at in knows else {} for word, at in inside.items()},
    )
