"""Harbor's releases as GitHub serves them: the real one from lab/real/, or else the double."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from lab.doubles import harbor as double
from lab.mirror import keys, real
from lab.mirror.rebrand import rebrand
from lab.mirror.store import fingerprint, made_once, sum_of

HERE = Path(__file__).parent
SOURCES = ("harbor", "rebrand", "oci", "python")  # that decide what comes out, beside the double
DOUBLE = Path(double.__file__).parent
VERSION = "2.14.1"
NEWER = "2.14.2"  # the same under another version: what an upgrade goes to
INSTALLERS = f"harbor-offline-installer-v{VERSION}.tgz"  # in lab/real/
RELEASES = "github.com/goharbor/harbor/releases/download"
KEYSERVER = "keyserver.ubuntu.com/pks/lookup"


def make(tree: Path) -> Path:
    """A directory with www/, the releases under their paths, and facts.json about them."""
    given = real.found(INSTALLERS)

    def fill(directory: Path) -> None:
        www = directory / "www"
        first, second = (_place(www, version) for version in (VERSION, NEWER))
        if given:
            shutil.copyfile(given, first)
            rebrand(first, VERSION, NEWER, second)
        else:
            double.build(tree, VERSION, first)
            double.build(tree, NEWER, second)
        signer = keys.key(tree, "goharbor")
        for bundle in (first, second):
            digest = hashlib.md5(bundle.read_bytes(), usedforsecurity=False).hexdigest()
            (bundle.parent / "md5sum").write_text(f"{digest}  {bundle.name}\n")
            keys.sign_file(tree, signer, bundle)
        key = www / KEYSERVER
        key.parent.mkdir(parents=True)
        shutil.copyfile(signer / "public.asc", key)
        facts = {
            "harbor_version": VERSION,
            "harbor_sha256": sum_of(first),
            "harbor_newer_version": NEWER,
            "harbor_newer_sha256": sum_of(second),
            "harbor_key_fingerprint": keys.fingerprint(key),
        }
        (directory / "facts.json").write_text(json.dumps(facts))

    stat = given.stat() if given else None
    inputs = (
        tree.name,
        stat and (stat.st_size, stat.st_mtime_ns),
        fingerprint(
            HERE / "harbor.py", HERE / "rebrand.py", HERE / "oci.py", HERE / "python.py", DOUBLE
        ),
    )
    title = f"Lay out Harbor's releases, {'the real one' if given else 'the double'}"
    return made_once("harbor", repr(inputs), title, fill)


def _name(version: str) -> str:
    return f"harbor-offline-installer-v{version}.tgz"


def _place(www: Path, version: str) -> Path:
    folder = www / RELEASES / f"v{version}"
    folder.mkdir(parents=True)
    return folder / _name(version)
