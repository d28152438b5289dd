"""harbor-install on a folder that is a machine: killed anywhere, it goes on; back means back."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.unit.harbor_tree import SBIN, Tree

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.bundle("2.14.1")
    return tree


@pytest.fixture
def upgraded(tree: Tree) -> Tree:
    """2.14.1, filled with what was old, and 2.14.2 over it, with what is new."""
    assert tree.install("2.14.1").returncode == 0
    tree.fill("old")
    tree.bundle("2.14.2")
    tree.trace()
    done = tree.install("2.14.2")
    assert (done.returncode, done.stderr) == (0, "")
    tree.fill("new")
    return tree


@pytest.mark.parametrize("name", ["harbor-install", "harbor-start", "harbor-stop"])
def test_a_script_parses(name: str) -> None:
    shell = "bash" if name == "harbor-install" else "sh"
    done = subprocess.run([shell, "-n", SBIN / name], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_installation_says_that_it_is_one_at_its_very_end(tree: Tree) -> None:
    done = tree.install("2.14.1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tree.trace("install.sh") == ["install.sh 2.14.1"]
    first, *sums = (tree.home / ".installed").read_text().splitlines()
    assert first == "2.14.1 abc"
    assert {line.split()[1] for line in sums} == {
        "harbor.yml",
        "docker-compose.yml",
        "common/config/app.conf",
    }
    newest = max(tree.home.rglob("*"), key=lambda path: path.stat().st_mtime_ns)
    assert newest.name == ".installed"
    assert stat.S_IMODE((tree.home / "harbor.yml").stat().st_mode) == 0o600
    assert list((tree.root / "cache").iterdir()) == []
    assert tree.kept() == set()


def test_a_second_call_returns_at_once(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.trace()
    assert tree.install("2.14.1").returncode == 0
    assert tree.trace() == []


@pytest.mark.parametrize("touched", ["harbor.yml", "docker-compose.yml", "common/config/app.conf"])
def test_what_somebody_changed_is_made_again(tree: Tree, touched: str) -> None:
    tree.install("2.14.1")
    good = (tree.home / touched).read_text()
    (tree.home / touched).write_text("mine")
    assert tree.install("2.14.1").returncode == 0
    assert (tree.home / touched).read_text() == good


def test_another_configuration_is_installed_from_what_is_unpacked(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.trace()
    assert tree.install("2.14.1", "def").returncode == 0
    assert tree.installed == "2.14.1 def"
    assert tree.trace("install.sh") == ["install.sh 2.14.1"]
    assert tree.kept() == set()


def test_one_that_breaks_off_leaves_no_mark_and_the_next_finishes(tree: Tree) -> None:
    (tree.root / "broken").touch()
    done = tree.install("2.14.1")
    assert done.returncode == 1
    log = tree.root / "var/log/harbor-install.log"
    assert done.stderr.startswith("Harbor: ./install.sh failed: ")
    assert done.stderr.endswith(f"something broke ; see {log}\n")
    assert tree.installed == ""
    (tree.root / "broken").unlink()
    assert tree.install("2.14.1").returncode == 0
    assert tree.installed == "2.14.1 abc"


@pytest.mark.parametrize("left", ["harbor/half", "harbor"])
def test_an_unpacking_that_was_killed_is_begun_again(tree: Tree, left: str) -> None:
    (tree.root / "opt/.harbor.new" / left).mkdir(parents=True)
    assert tree.install("2.14.1").returncode == 0
    assert tree.installed == "2.14.1 abc"
    assert not (tree.home / "half").exists()
    assert tree.kept() == set()


@pytest.mark.parametrize(("content", "told"), [("no archive", "cannot be unpacked"), (None, "no")])
def test_a_bundle_that_is_none_is_named(tree: Tree, content: str | None, told: str) -> None:
    bundle = tree.bundle("2.14.1")
    if content is None:
        shutil.make_archive(str(bundle.with_suffix("")), "gztar", tree.root / "var")
        shutil.move(bundle.with_suffix(".tar.gz"), bundle)
    else:
        bundle.write_text(content)
    done = tree.install("2.14.1")
    assert done.returncode == 1
    assert f"{bundle} {'has no harbor/install.sh' if content is None else told}" in done.stderr
    assert not tree.home.exists()


def test_an_upgrade_keeps_a_copy_taken_while_harbor_stood_still(upgraded: Tree) -> None:
    assert upgraded.installed == "2.14.2 abc"
    assert upgraded.kept() == {"harbor-v2.14.1"}
    kept = upgraded.root / "data/harbor-v2.14.1"
    assert {p.name for p in kept.iterdir()} == {"database", "secret"}
    assert (kept / "database/content").read_text() == "old"
    old = upgraded.root / "opt/harbor-v2.14.1"
    assert (old / ".installed").read_text().startswith("2.14.1 abc\n")
    order = [line for line in upgraded.trace() if "stop" in line or "install.sh" in line]
    assert order == ["docker compose stop core proxy", "install.sh 2.14.2"]


def test_an_upgrade_that_breaks_off_keeps_the_way_back_and_the_next_finishes(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    tree.bundle("2.14.2")
    (tree.root / "broken").touch()
    assert tree.install("2.14.2").returncode == 1
    assert tree.installed == ""
    tree.fill("half migrated")
    (tree.root / "broken").unlink()
    assert tree.install("2.14.2").returncode == 0
    kept = tree.root / "data/harbor-v2.14.1"
    assert (kept / "database/content").read_text() == "old"
    assert tree.back().returncode == 0
    assert tree.installed == "2.14.1 abc"


def test_an_upgrade_after_a_configuration_that_failed_keeps_a_copy_as_well(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    tree.bundle("2.14.2")
    (tree.root / "broken").touch()
    assert tree.install("2.14.1", "def").returncode == 1
    assert tree.installed == ""
    (tree.root / "broken").unlink()
    assert tree.install("2.14.2", "def").returncode == 0
    assert tree.kept() == {"harbor-v2.14.1"}
    assert (tree.root / "data/harbor-v2.14.1/database/content").read_text() == "old"
    assert tree.back().returncode == 0
    assert tree.filled()["database"] == "old"


def test_a_copy_that_was_killed_is_taken_again(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    tree.bundle("2.14.2")
    half = tree.root / "data/harbor-v2.14.1.unfinished/database"
    half.mkdir(parents=True)
    assert tree.install("2.14.2").returncode == 0
    assert tree.kept() == {"harbor-v2.14.1"}
    assert (tree.root / "data/harbor-v2.14.1/database/content").read_text() == "old"


def test_back_restores_database_keys_and_bundle_and_removes_the_copies(upgraded: Tree) -> None:
    upgraded.trace()
    done = upgraded.back()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Harbor 2.14.1 is back; set harbor_version to it, or the next run upgrades again\n"
    )
    assert upgraded.installed == "2.14.1 abc"
    # Images stay as they are: the old Harbor knows those that it had.
    assert upgraded.filled() == {"database": "old", "registry": "new", "secret": "old"}
    assert upgraded.kept() == set()
    ran = [line for line in upgraded.trace() if "down" in line or "restart" in line]
    assert ran[0].endswith("down")
    assert ran[1:] == ["systemctl restart harbor-compose.service"]


@pytest.mark.parametrize("gone", [False, True])
def test_back_loads_images_only_when_they_are_gone(upgraded: Tree, gone: bool) -> None:
    if gone:
        (upgraded.root / "no-image").touch()
    upgraded.trace()
    assert upgraded.back().returncode == 0
    loaded = f"docker load --input {upgraded.home}/harbor.v2.14.1.tar.gz"
    assert upgraded.trace("docker load") == [loaded] * gone


def test_back_twice_is_refused_and_touches_nothing(upgraded: Tree) -> None:
    upgraded.back()
    upgraded.fill("since then")
    done = upgraded.back()
    assert done.returncode == 1
    told = f"there is no Harbor to go back to: {upgraded.data}-v… is kept by an upgrade only\n"
    assert done.stderr == told
    assert upgraded.filled()["database"] == "since then"


def test_a_way_back_that_was_killed_is_gone_to_its_end(upgraded: Tree) -> None:
    """Killed after the old bundle was in its place: nothing but the data's copy is left."""
    shutil.rmtree(upgraded.home)
    shutil.move(upgraded.root / "opt/harbor-v2.14.1", upgraded.home)
    assert upgraded.back().returncode == 0
    assert upgraded.filled()["database"] == "old"
    assert upgraded.kept() == set()
