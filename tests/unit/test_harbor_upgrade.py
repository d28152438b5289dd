"""An upgrade of Harbor and the way back from it, on a folder that is a machine; killed anywhere."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.unit.harbor_tree import Tree

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)
NO_WAY_BACK = "there is no Harbor to go back to: an upgrade keeps one, for one way back\n"


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
    assert upgraded.filled() == {
        **{"database": "old", "registry": "new", "secret": "old"},
        **{"database.lost": "new", "secret.lost": "new"},
    }
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
    loaded = f"docker load --input {upgraded.home}-v2.14.1/harbor.v2.14.1.tar.gz"
    assert upgraded.trace("docker load") == [loaded] * gone


def test_back_twice_is_refused_and_touches_nothing(upgraded: Tree) -> None:
    upgraded.back()
    upgraded.fill("since then")
    done = upgraded.back()
    assert (done.returncode, done.stderr) == (1, NO_WAY_BACK)
    assert upgraded.filled()["database"] == "since then"


def test_back_twice_is_refused_after_two_upgrades(upgraded: Tree) -> None:
    upgraded.bundle("2.14.3")
    assert upgraded.install("2.14.3").returncode == 0
    assert upgraded.kept() == {"harbor-v2.14.2"}, "the last upgrade's only"
    upgraded.fill("newest")
    assert upgraded.back().returncode == 0
    assert upgraded.installed == "2.14.2 abc"
    assert upgraded.filled()["database"] == "new"
    assert (upgraded.back().returncode, upgraded.back().stderr) == (1, NO_WAY_BACK)
    assert upgraded.installed == "2.14.2 abc"


def test_copies_that_an_older_version_of_the_script_left_are_no_second_way_back(
    upgraded: Tree,
) -> None:
    for folder in ("opt", "data"):
        shutil.copytree(
            upgraded.root / folder / "harbor-v2.14.1", upgraded.root / folder / "harbor-v2.14.0"
        )
        os.utime(upgraded.root / folder / "harbor-v2.14.0", (1, 1))
    assert upgraded.back().returncode == 0
    assert upgraded.installed == "2.14.1 abc"
    assert upgraded.kept() == set()


def test_a_copy_that_the_disk_did_not_get_is_refused_and_nothing_is_replaced(
    upgraded: Tree,
) -> None:
    kept = upgraded.root / "data/harbor-v2.14.1/database"
    shutil.rmtree(kept)
    kept.mkdir()
    done = upgraded.back()
    assert done.returncode == 1
    assert done.stderr == (
        f"{kept.parent} is no whole copy of Harbor 2.14.1: it has no database; bring one back by"
        " hand\n"
    )
    assert upgraded.filled()["database"] == "new"


# A script may be killed before each of its commands; every few of them are tried.
@pytest.mark.parametrize("command", range(60, 124, 5))
def test_an_upgrade_that_is_killed_anywhere_is_finished_by_the_next(
    tree: Tree, command: int
) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    tree.bundle("2.14.2")
    tree.starts_with("migrated")
    assert tree.install("2.14.2", killed_at=command).returncode == -signal.SIGKILL
    tree.bundle("2.14.2")
    assert tree.install("2.14.2").returncode == 0
    assert tree.installed == "2.14.2 abc"
    assert tree.filled()["database"] == "migrated"
    assert tree.kept() == {"harbor-v2.14.1"}
    assert (tree.root / "data/harbor-v2.14.1/database/content").read_text() == "old"
    assert tree.back().returncode == 0
    assert (tree.installed, tree.filled()["database"]) == ("2.14.1 abc", "old")


@pytest.mark.parametrize("command", range(24, 76, 4))
def test_a_way_back_that_is_killed_anywhere_is_gone_to_its_end(
    upgraded: Tree, command: int
) -> None:
    assert upgraded.back(killed_at=command).returncode == -signal.SIGKILL
    again = upgraded.back()
    assert (again.returncode, again.stderr) in ((0, ""), (1, NO_WAY_BACK))
    assert (upgraded.installed, upgraded.filled()["database"]) == ("2.14.1 abc", "old")
    assert upgraded.back().stderr == NO_WAY_BACK


@pytest.mark.parametrize("command", range(24, 76, 8))
def test_an_upgrade_in_place_of_a_way_back_that_was_killed_has_a_whole_database(
    upgraded: Tree, command: int
) -> None:
    upgraded.bundle("2.14.2")
    assert upgraded.back(killed_at=command).returncode == -signal.SIGKILL
    assert upgraded.install("2.14.2").returncode == 0
    assert upgraded.installed == "2.14.2 abc"
    assert upgraded.filled()["database"] in ("old", "new")
    assert upgraded.filled()["secret"] in ("old", "new")
