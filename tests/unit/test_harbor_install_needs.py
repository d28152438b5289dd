"""What harbor-install needs before it touches anything, and what it tells the database."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from tests.unit.harbor_tree import Tree

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.bundle("2.14.1")
    return tree


@pytest.mark.parametrize(("free", "where"), [("1023M", "data/harbor"), ("2047M", "opt")])
def test_too_little_room_is_named_before_anything_is_unpacked(
    tree: Tree, free: str, where: str
) -> None:
    (tree.root / "free").write_text(f"{free}\n")
    done = tree.install("2.14.1")
    assert done.returncode == 1
    least = 1024 if free == "1023M" else 2048
    assert done.stderr == (
        f"{free[:-1]} MiB free under {tree.root}/{where}, at least {least} are needed for Harbor:"
        " make room there\n"
    )
    assert not tree.home.exists()


@pytest.mark.parametrize(
    ("listening", "who"),
    [
        (
            'LISTEN 0 5 0.0.0.0:8080 0.0.0.0:* users:(("python3",pid=7,fd=3))\n'
            'LISTEN 0 5 [::]:8080 [::]:* users:(("python3",pid=7,fd=4))\n',
            '"python3",pid=7',
        ),
        ("LISTEN 0 5 0.0.0.0:8080 0.0.0.0:*\n", "somebody else"),
    ],
)
def test_a_port_that_somebody_holds_is_named_with_who(tree: Tree, listening: str, who: str) -> None:
    (tree.root / "listening").write_text(listening)
    done = tree.install("2.14.1")
    assert done.returncode == 1
    told = f"port 8080 (harbor_url) is held by {who}: stop that, or choose another\n"
    assert done.stderr == told
    assert not tree.home.exists()


@pytest.mark.parametrize(
    ("ports", "ours"),
    [("0.0.0.0:8080->8080/tcp, [::]:8080->8080/tcp", True), ("0.0.0.0:18080->8080/tcp", False)],
)
def test_a_port_that_harbor_itself_publishes_is_no_strangers(
    tree: Tree, ports: str, ours: bool
) -> None:
    (tree.root / "ports").write_text(f"127.0.0.1:1514->10514/tcp\n{ports}\n")
    (tree.root / "listening").write_text('LISTEN 0 5 *:8080 *:* users:(("docker-proxy",pid=7))\n')
    assert (tree.install("2.14.1").returncode == 0) is ours


@pytest.fixture
def at_work(tree: Tree) -> Iterator[IO[str]]:
    """The lock that an installer holds while it is at work, and a unit while it starts."""
    with (tree.root / "run/harbor-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def test_whoever_is_at_work_is_waited_for(tree: Tree, at_work: IO[str]) -> None:
    with ThreadPoolExecutor() as pool:
        installing = pool.submit(tree.install, "2.14.1")
        with pytest.raises(TimeoutError):
            installing.result(timeout=0.5)
        assert tree.trace() == []
        fcntl.flock(at_work, fcntl.LOCK_UN)
        assert installing.result().returncode == 0


def test_the_unit_stops_nothing_while_an_installer_is_at_work(tree: Tree, at_work: IO[str]) -> None:
    assert tree.run("harbor-start").returncode == 0
    assert tree.trace() == []


def test_a_new_database_password_is_told_to_the_database_first(tree: Tree) -> None:
    tree.install("2.14.1")
    assert not (tree.root / "sql").exists()
    tree.configure(password="N3wpass")
    tree.trace()
    assert tree.install("2.14.1", "def").returncode == 0
    assert (tree.root / "sql").read_text() == "ALTER USER postgres PASSWORD 'N3wpass';"
    ran = tree.trace()
    told = next(n for n, line in enumerate(ran) if "psql" in line)
    assert told < ran.index("install.sh 2.14.1")
    assert not any("N3wpass" in line for line in ran), "a password in somebody's command line"
    assert tree.install("2.14.1", "ghi").returncode == 0
    assert (tree.root / "sql").read_text().count("ALTER") == 1


def test_a_database_that_takes_no_password_stops_the_installation(tree: Tree) -> None:
    tree.install("2.14.1")
    (tree.root / "no-database").touch()
    tree.configure(password="N3wpass")
    tree.trace()
    done = tree.install("2.14.1", "def")
    assert done.returncode == 1
    assert done.stderr.startswith("Harbor's database does not take a new password: see ")
    assert tree.trace("install.sh") == []
    (tree.root / "no-database").unlink()
    assert tree.install("2.14.1", "def").returncode == 0
    assert "'N3wpass'" in (tree.root / "sql").read_text()


def test_one_that_never_came_to_a_database_has_none_to_tell(tree: Tree) -> None:
    (tree.root / "broken").touch()
    tree.install("2.14.1")
    (tree.root / "broken").unlink()
    tree.configure(password="N3wpass")
    (tree.root / "no-database").touch()
    done = tree.install("2.14.1", "def")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("ours", "migrated"), [("2.14.0", False), ("2.13.0", True)])
def test_a_configuration_of_an_older_format_is_migrated(
    tree: Tree, ours: str, migrated: bool
) -> None:
    tree.configure(format=ours)
    assert tree.install("2.14.1").returncode == 0
    ran = tree.trace("migrate")
    assert len(ran) == migrated
    assert all("goharbor/prepare:v2.14.1 migrate --input" in line for line in ran)
    assert "_version: 2.14.0" in (tree.home / "harbor.yml").read_text()


def test_harbor_stops_with_its_log_last_and_that_at_once(tree: Tree) -> None:
    tree.install("2.14.1")
    tree.trace()
    for log_runs in (True, False):
        if not log_runs:
            (tree.root / "no-log").touch()
        assert tree.run("harbor-stop").returncode == 0
        assert tree.trace()[-2:] == ["docker compose stop core proxy", "docker compose kill log"]


def test_no_secret_of_the_configuration_is_logged(tree: Tree) -> None:
    tree.configure(password="Old0secret")
    tree.install("2.14.1")
    tree.configure(password="New0secret")
    tree.install("2.14.1", "def")
    log = (tree.root / "var/log/harbor-install.log").read_text()
    assert "0secret" not in log
