"""A double of Harbor's offline installer, for machines that do not have the real one."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path

from lab.doubles.harbor.images import base, images
from lab.mirror import oci, root
from lab.mirror.oci import from_tree

BUNDLE = Path(__file__).parent / "files/bundle"


def build(tree: Path, version: str, out: Path) -> None:
    """Write the installer of `version` ("2.14.1"), made of the mirror's Debian `tree`, to `out`."""
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        loadable = Path(work) / "images.tar.gz"
        oci.archive(base(tree), images(tree, version), root.architecture(tree), loadable)
        with tarfile.open(out, "w:gz", compresslevel=1) as tar:
            for path in sorted(BUNDLE.iterdir()):
                text = path.read_text().replace("@version@", f"v{version}")
                text = text.replace("@config_version@", f"{version.rpartition('.')[0]}.0")
                _add(tar, path.name, text.encode(), path.stat().st_mode & 0o777)
            licence = from_tree(tree, "usr/share/common-licenses/Apache-2.0").content or b""
            _add(tar, "LICENSE", licence, 0o644)
            _add(tar, f"harbor.v{version}.tar.gz", loadable.read_bytes(), 0o644)


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(f"harbor/{name}")
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))
