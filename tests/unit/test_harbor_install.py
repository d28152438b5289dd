"""harbor-install on a folder that is a machine: killed anywhere, it goes on; back means back."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from tests.unit.doubles import tool
from tests.unit.harbor_tree import Tree

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.bundle("2.14.1")
    return tree


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


@pytest.mark.parametrize("begins", [".harbor.new", "var/lib/docker"])
def test_what_was_unpacked_is_on_the_disk_before_it_counts(tree: Tree, begins: str) -> None:
    tool(tree.bin, "sync", f'case "$*" in *{begins}*) exit 1;; esac')
    assert tree.install("2.14.1").returncode != 0
    assert tree.installed == ""
    assert (tree.home / "install.sh").exists() is (begins == "var/lib/docker")


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


def test_what_a_configuration_has_no_more_does_not_run_on(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.trace()
    tree.install("2.14.1", "def")
    run = tree.trace()
    swept = f"docker compose --file {tree.home}/docker-compose.yml up --detach --remove-orphans"
    assert run.index("install.sh 2.14.1") < run.index(swept)


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
