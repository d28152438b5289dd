"""harbor-backup and harbor-restore: what is printed is whole, and nothing is stopped too early."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from operations.backup_parts import harbor
from tests.unit.backups import V2, blob
from tests.unit.harbor_tree import Tree

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock", "tar"))), reason="no bash, flock or tar here"
)
LINK = f"{V2}/repositories/threebody/go/_manifests/revisions/sha256"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A machine with a Harbor that has an image, of one manifest without layers."""
    tree = Tree(tmp_path)
    tree.bundle("2.14.1")
    assert tree.install("2.14.1").returncode == 0
    tree.fill("old")
    image(tree, b'{"layers": []}')
    for name in ("keys/secretkey", "core/private_key.pem", "registry/root.crt", "cert/server.key"):
        put(tree.data / "secret" / name, b"old")
    put(tree.data / "redis/dump.rdb", b"old")
    tree.trace()
    return tree


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def image(tree: Tree, manifest: bytes) -> Path:
    """An image in the registry's files; the path of its manifest."""
    name, content = blob(manifest)
    put(tree.data / name, content)
    digest = Path(name).parent.name
    put(tree.data / LINK / digest / "link", f"sha256:{digest}".encode())
    return tree.data / name


def run(tree: Tree, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    path = f"{tree.bin}:{os.environ['PATH']}"
    return subprocess.run(
        [tree.bin / words[0], str(tree.data), *words[1:]],
        env={**os.environ, "PATH": path, "LC_ALL": "C"},
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )


def archive(tree: Tree) -> bytes:
    done = run(tree, "harbor-backup")
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def test_what_is_printed_is_harbors_database_keys_and_images(tree: Tree) -> None:
    put(tree.data / f"{V2}/repositories/threebody/go/_uploads/1/data", b"half")
    printed = archive(tree)
    assert harbor(io.BytesIO(printed)) == {"harbor": "2.14.1", "images": "1"}
    with tarfile.open(None, "r:", io.BytesIO(printed)) as packed:
        names = packed.getnames()
    assert names[:2] == ["about", "registry.sql"]
    assert not any("_uploads" in name or name.startswith("secret/cert") for name in names)
    images, blobs = (names.index(f"{V2}/{part}") for part in ("repositories", "blobs"))
    assert images < blobs
    assert not list((tree.root / "var/tmp").iterdir())


def test_a_harbor_without_an_image_or_none_at_all_is_no_error(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    assert archive(tree) == b""
    tree.bundle("2.14.1")
    tree.install("2.14.1")
    (tree.data / "database").mkdir(parents=True)
    assert harbor(io.BytesIO(archive(tree))) == {"harbor": "2.14.1", "images": "0"}


@pytest.mark.parametrize(
    ("mark", "content", "reason"),
    [
        ("no-database", "", "Harbor's database gave no dump"),
        ("free", "12M\n", "12 MiB free on "),
        ("data/harbor/.migrating", "first\n", "an installation of Harbor was cut off"),
    ],
)
def test_what_cannot_be_whole_is_not_printed(
    tree: Tree, mark: str, content: str, reason: str
) -> None:
    (tree.root / mark).write_text(content)
    done = run(tree, "harbor-backup")
    assert (done.returncode, done.stdout) == (1, b"")
    assert reason in done.stderr.decode()
    assert not list((tree.root / "var/tmp").iterdir())


def restore(tree: Tree, content: bytes, version: str = "2.14.1") -> str:
    """Put it back; what it said of a failure."""
    done = run(tree, "harbor-restore", version, "1", stdin=content)
    assert (done.returncode == 0) is (done.stderr == b""), done.stderr
    return done.stderr.decode()


def test_images_keys_and_database_are_those_of_the_archive_again(tree: Tree) -> None:
    content = archive(tree)
    tree.trace()
    manifest = image(tree, b'{"layers": []}')
    manifest.write_bytes(b"damaged")
    later = image(tree, b'{"later": []}')
    put(tree.data / "secret/keys/secretkey", b"later")
    put(tree.data / "secret/cert/server.key", b"later")
    assert restore(tree, content) == ""
    assert manifest.read_bytes() == b'{"layers": []}'
    assert [path.name for path in (tree.data / LINK).iterdir()] == [manifest.parent.name]
    assert later.exists()
    assert (tree.data / "secret/keys/secretkey").read_bytes() == b"old"
    assert (tree.data / "secret/cert/server.key").read_bytes() == b"later"
    assert not list((tree.data / "redis").iterdir())
    assert "DROP TABLE IF EXISTS project;" in (tree.root / "sql").read_text()
    assert not (tree.data / ".restore").exists()
    steps = (
        "compose stop core proxy",
        "log postgresql",
        "--single-transaction",
        "systemctl restart",
    )
    lines = tree.trace()
    found = [next(n for n, line in enumerate(lines) if step in line) for step in steps]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("damage", "version", "reason"),
    [
        ("half", "2.14.1", "the archive did not arrive whole"),
        ("", "2.14.0", "Harbor 2.14.1 is here, and the archive is of 2.14.0"),
        ("no room", "2.14.1", "12 MiB free on "),
    ],
)
def test_nothing_is_stopped_before_all_of_it_is_here(
    tree: Tree, damage: str, version: str, reason: str
) -> None:
    content = archive(tree)
    tree.trace()
    if damage == "half":
        content = content[: len(content) // 2]
    if damage == "no room":
        (tree.root / "free").write_text("12M\n")
    assert reason in restore(tree, content, version)
    assert tree.trace() == []
    assert not (tree.data / ".restore").exists()


def test_a_database_that_takes_nothing_leaves_images_and_harbor_goes_on(tree: Tree) -> None:
    content = archive(tree)
    later = image(tree, b'{"later": []}')
    (tree.root / "no-database").touch()
    tree.hurry()
    assert "Harbor's database does not start; nothing was changed" in restore(tree, content)
    assert (tree.data / LINK / later.parent.name).exists()
    assert tree.trace()[-1] == "systemctl restart harbor-compose.service"
