"""What harbor-install does with a database that a migration may have been cut off in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.harbor_tree import WELL, Tree

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)
UNWELL = WELL.replace('"healthy"', '"unhealthy"', 1)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.bundle("2.14.1")
    tree.bundle("2.14.2")
    return tree


def cut_off(tree: Tree, version: str) -> None:
    """An installation that broke off when Harbor had begun with its database."""
    tree.starts_with("half")
    (tree.root / "broken").touch()
    assert tree.install(version).returncode == 1
    (tree.root / "broken").unlink()
    tree.starts_with("")


def test_a_first_installation_that_was_cut_off_begins_with_no_database(tree: Tree) -> None:
    cut_off(tree, "2.14.1")
    assert tree.filled()["database"] == "half"
    assert tree.install("2.14.1").returncode == 0
    assert "database" not in tree.filled()


def test_an_upgrade_that_was_cut_off_begins_with_the_database_from_before(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    cut_off(tree, "2.14.2")
    assert tree.filled()["database"] == "half"
    assert tree.install("2.14.2").returncode == 0
    assert tree.filled()["database"] == "old"
    assert tree.installed == "2.14.2 abc"


def test_a_database_that_was_there_before_is_never_removed(tree: Tree) -> None:
    tree.fill("from elsewhere")
    cut_off(tree, "2.14.1")
    tree.fill("from elsewhere")
    assert tree.install("2.14.1").returncode == 0
    assert tree.filled()["database"] == "from elsewhere"


def test_a_changed_configuration_that_was_cut_off_leaves_the_database(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("mine")
    (tree.root / "broken").touch()
    assert tree.install("2.14.1", "def").returncode == 1
    (tree.root / "broken").unlink()
    assert tree.install("2.14.1", "def").returncode == 0
    assert tree.filled()["database"] == "mine"


def test_a_harbor_that_never_gets_well_is_not_installed(tree: Tree) -> None:
    (tree.root / "health").write_text(UNWELL)
    tree.hurry()
    done = tree.install("2.14.1")
    assert done.returncode == 1
    assert "Harbor 2.14.1 is not healthy 5 minutes after its installation" in done.stderr
    assert UNWELL in done.stderr
    assert tree.installed == ""
    assert not (tree.root / "run/harbor-is-well").exists()


def test_a_database_that_came_to_its_end_after_all_is_never_undone(tree: Tree) -> None:
    """Not healthy in five minutes, but in six; by the next run people have pushed to it."""
    tree.install("2.14.1")
    tree.fill("old")
    (tree.root / "health").write_text(UNWELL)
    tree.hurry()
    assert tree.install("2.14.2").returncode == 1
    (tree.root / "health").write_text(WELL)
    tree.fill("pushed since")
    assert tree.install("2.14.2").returncode == 0
    assert tree.filled()["database"] == "pushed since"
    assert tree.kept() == {"harbor-v2.14.1"}


def test_what_is_undone_is_kept_until_the_next_upgrade(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    cut_off(tree, "2.14.2")
    assert tree.install("2.14.2").returncode == 0
    assert tree.filled()["database.lost"] == "half"
    tree.bundle("2.14.3")
    assert tree.install("2.14.3").returncode == 0
    assert "database.lost" not in tree.filled()


@pytest.mark.parametrize("upgrade", [False, True])
def test_a_mark_that_a_power_cut_has_emptied_is_understood(tree: Tree, upgrade: bool) -> None:
    if upgrade:
        tree.install("2.14.1")
        tree.fill("old")
    version = "2.14.2" if upgrade else "2.14.1"
    cut_off(tree, version)
    (tree.data / ".migrating").write_text("")
    assert tree.install(version).returncode == 0
    assert tree.filled().get("database") == ("old" if upgrade else None)


def test_a_copy_that_a_power_cut_has_emptied_replaces_nothing(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    cut_off(tree, "2.14.2")
    (tree.root / "data/harbor-v2.14.1/database/content").unlink()
    done = tree.install("2.14.2")
    assert done.returncode == 1
    assert (
        "data/harbor-v2.14.1 is no whole copy of Harbor 2.14.1: it has no database" in done.stderr
    )
    assert tree.filled()["database"] == "half"


def test_one_that_the_version_before_was_installing_again_is_finished(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.fill("old")
    shutil.move(tree.home / ".installed", tree.home / ".reinstalling")
    (tree.home / "docker-compose.yml").write_text("half")
    assert tree.install("2.14.2").returncode == 0
    assert tree.installed == "2.14.2 abc"
    assert tree.kept() == {"harbor-v2.14.1"}
    assert tree.back().returncode == 0
    assert tree.filled()["database"] == "old"


def test_the_unit_leaves_alone_what_was_just_seen_healthy_and_only_once(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.trace()
    assert tree.run("harbor-start").returncode == 0
    assert tree.trace("docker") == []
    assert tree.run("harbor-start").returncode == 0
    assert [line for line in tree.trace("docker compose") if "up" in line] == [
        "docker compose up --detach log",
        "docker compose up --detach --remove-orphans",
    ]


@pytest.mark.parametrize(("failing", "status"), [(0, 0), (1, 0), (2, 0), (3, 1)])
def test_the_unit_tries_three_times_to_start_it(tree: Tree, failing: int, status: int) -> None:
    tree.install("2.14.1")
    (tree.root / "run/harbor-is-well").unlink()
    (tree.root / "slow").write_text("this time it fails\n" * failing)
    tree.trace()
    assert tree.run("harbor-start").returncode == status
    tries = min(failing + 1, 3)
    assert (
        tree.trace("docker compose up")
        == [
            "docker compose up --detach log",
            "docker compose up --detach --remove-orphans",
        ]
        * tries
    )


def test_what_a_compose_that_was_cut_off_left_half_made_is_made_anew(tree: Tree) -> None:
    tree.install("2.14.1")
    (tree.root / "run/harbor-is-well").unlink()
    (tree.root / "names").write_text("6f93f7a3f641_registry\nharbor-core\n")
    tree.trace()
    assert tree.run("harbor-start").returncode == 0
    assert [line for line in tree.trace() if " rm " in line or " up " in line] == [
        "docker rm --force 6f93f7a3f641_registry",
        "docker compose up --detach log",
        "docker compose up --detach --remove-orphans",
    ]
