"""The application's repository, put back: whole where there is none, beside one that is there."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path

import pytest

from operations import restore
from tests.unit.doubles import tool


def take(folder: Path, bundle: Path) -> None:
    """Give the machine, which is here, a bundle as the repository in `folder`."""
    tool(folder.parent.parent / "bin", "runuser", 'shift 3; exec "$@"')
    words = ["sh", "-c", restore.FETCH, getpass.getuser(), str(folder)]
    path = f"{folder.parent / 'bin'}:{os.environ['PATH']}"
    with bundle.open() as file:
        subprocess.run(words, stdin=file, env={**os.environ, "PATH": path}, check=True)


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    done = subprocess.run(["git", "-C", folder, *who, *words], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """What a backup has of a repository of two branches."""
    source, path = tmp_path / "source", tmp_path / "bundle"
    source.mkdir()
    git(source, "init", "-q", "-b", "main")
    for branch in ("draft", "main"):
        git(source, "checkout", "-q", "-B", branch)
        git(source, "commit", "-q", "--allow-empty", "-m", branch)
    git(source, "bundle", "create", "-q", str(path), "--all")
    return path


def test_a_repository_comes_back_with_all_its_branches(bundle: Path, tmp_path: Path) -> None:
    folder, source = tmp_path / "srv" / "shop", tmp_path / "source"
    take(folder, bundle)
    refs = ("for-each-ref", "--format=%(refname) %(objectname)")
    assert git(folder, *refs) == git(source, *refs)
    assert git(folder, "status", "--short", "--branch") == "## main"
    assert git(folder, "remote") == ""
    assert list(folder.parent.iterdir()) == [folder]


def test_one_that_is_there_stays_and_has_the_other_beside_it(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "srv" / "shop"
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "later")
    take(folder, bundle)
    assert git(folder, "log", "-1", "--format=%s") == "later"
    assert git(folder, "log", "-1", "--format=%s", "restored/heads/main") == "main"
