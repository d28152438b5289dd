"""A repository: begun once, from files or from an address, and its owner's ever after; run here."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

import pytest

from facts.git import Repository, RepositoryState
from operations import git
from operations.git import Clone, Seed
from spec.application import Files
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands, parses, sh, stdin_of, tool

ME = getpass.getuser()
FILES = {
    "README.md": ("100644", "# Größe\n".encode()),
    "deploy/ci/build.sh": ("100755", b"#!/bin/sh\n"),
    "deploy/ci.txt": ("100644", b""),
    "logo.png": ("100644", bytes(range(256))),
    "link": ("120000", b"README.md"),
    ".gitignore": ("100644", b"*.png\n"),
}
SEED = Seed(FILES, "Begin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the repository goes; beside it the tools that a user other than root lacks."""
    tool(tmp_path / "bin", "runuser", 'shift 3; exec "$@"')
    return tmp_path / "srv of all" / "shop"


def look(folder: Path) -> RepositoryState:
    asked = Repository()
    done = sh(asked.command(str(folder), ME), tools=folder.parent.parent / "bin")
    assert done.returncode == 0, done.stderr
    return asked.process(done.stdout.splitlines())


def begin(
    folder: Path, on_host: OnHost, beginning: Seed | Clone = SEED, origin: str = ""
) -> list[subprocess.CompletedProcess[str]]:
    """Run the operation on what is there now; how its commands went."""
    on_host({Repository: look(folder)}, "vm-docker")
    told = commands(git.init, folder=str(folder), owner=ME, beginning=beginning, origin=origin)
    done = []
    for command in told:
        text = command.get_raw_value()
        assert parses(text)
        done.append(sh(text, stdin=stdin_of(command), tools=folder.parent.parent / "bin"))
    return done


def ask(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def kept(folder: Path) -> Files:
    """What is committed on main."""
    found = {}
    for line in ask(folder, "ls-tree", "-r", "main").splitlines():
        told, name = line.split("\t")
        mode, _, id_ = told.split()
        blob = ("git", "-C", str(folder), "cat-file", "blob", id_)
        found[name] = (mode, subprocess.run(blob, capture_output=True, check=True).stdout)
    return found


def test_a_new_one_has_exactly_these_files_in_one_commit_on_main(
    folder: Path, on_host: OnHost
) -> None:
    (done,) = begin(folder, on_host, origin="git@gitlab-443:a/b.git")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert ask(folder, "status", "--porcelain", "--branch") == "## main"
    assert ask(folder, "log", "--format=%s %an <%ae>") == f"Begin {ME} <{ME}@vm-docker>"
    assert kept(folder) == FILES
    assert (folder / "link").readlink() == Path("README.md")
    assert (folder / "deploy/ci/build.sh").stat().st_mode & 0o777 == 0o755
    assert (folder / "deploy/ci").stat().st_mode & 0o777 == 0o755
    assert [path.name for path in folder.parent.iterdir()] == ["shop"]
    assert look(folder) == RepositoryState("repository", "git@gitlab-443:a/b.git")
    assert begin(folder, on_host, origin="git@gitlab-443:a/b.git") == []


def test_it_is_begun_whatever_its_owner_has_told_git(
    folder: Path, on_host: OnHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path / "hooks", "pre-commit", "exit 1")
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[commit]\ngpgSign = true\n[gpg]\nprogram = false\n[core]\nhooksPath = {tmp_path}/hooks\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    (done,) = begin(folder, on_host)
    assert (done.returncode, done.stderr) == (0, "")
    assert kept(folder) == FILES


def test_what_its_owner_made_of_it_stays(folder: Path, on_host: OnHost) -> None:
    begin(folder, on_host)
    ask(folder, "rm", "-q", "link")
    ask(folder, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "less")
    assert begin(folder, on_host) == []
    assert set(kept(folder)) == set(FILES) - {"link"}


def test_a_remote_is_added_where_there_is_none_and_never_changed(
    folder: Path, on_host: OnHost
) -> None:
    begin(folder, on_host)
    assert look(folder).origin == ""
    begin(folder, on_host, origin="git@gitlab-443:a/b.git")
    assert look(folder).origin == "git@gitlab-443:a/b.git"
    assert begin(folder, on_host, origin="git@gitlab-443:other/b.git") == []


def test_one_that_was_cut_off_is_begun_anew(folder: Path, on_host: OnHost) -> None:
    on_host({Repository: look(folder)}, "vm-docker")
    (command,) = commands(git.init, folder=str(folder), owner=ME, beginning=SEED)
    stream = stdin_of(command)
    for length in (0, 100, len(stream) // 2, len(stream) - 20):
        done = sh(command.get_raw_value(), stdin=stream[:length], tools=folder.parents[1] / "bin")
        assert done.returncode != 0, length
        assert look(folder).kind == "absent"
    begin(folder, on_host)
    assert kept(folder) == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["shop"]


@pytest.mark.parametrize("kind", ["folder with a file", "file"])
def test_what_is_no_repository_is_refused_and_left_alone(
    folder: Path, on_host: OnHost, kind: str
) -> None:
    if kind == "file":
        folder.parent.mkdir()
        folder.write_text("mine")
    else:
        folder.mkdir(parents=True)
        (folder / "mine").touch()
    (done,) = begin(folder, on_host)
    assert done.returncode == 1
    assert "is no git repository: move it away" in done.stderr
    assert folder.is_file() or (folder / "mine").exists()


def test_an_empty_folder_is_as_good_as_none(folder: Path, on_host: OnHost) -> None:
    folder.mkdir(parents=True)
    begin(folder, on_host)
    assert kept(folder) == FILES


def test_one_at_an_address_is_cloned_and_stays_known(
    folder: Path, on_host: OnHost, tmp_path: Path
) -> None:
    theirs = tmp_path / "srv of all" / "theirs"
    begin(theirs, on_host)
    address = f"file://{theirs}"
    (done,) = begin(
        folder, on_host, Clone(address, ["deploy/ci/build.sh"]), "git@gitlab-443:a/b.git"
    )
    assert done.returncode == 0, done.stderr
    assert ask(folder, "remote", "get-url", "source") == address
    assert kept(folder) == FILES
    assert look(folder) == RepositoryState("repository", "git@gitlab-443:a/b.git")
    assert begin(folder, on_host, Clone(address, ["deploy/ci/build.sh"])) == []


def test_one_at_an_address_that_lacks_a_file_is_named_and_not_taken(
    folder: Path, on_host: OnHost, tmp_path: Path
) -> None:
    theirs = tmp_path / "srv of all" / "theirs"
    begin(theirs, on_host)
    beginning = Clone(f"file://{theirs}", ["README.md", "deploy/ci/push.sh", "go.mod"])
    (done,) = begin(folder, on_host, beginning)
    assert done.returncode != 0
    assert done.stderr.strip() == f"file://{theirs} lacks deploy/ci/push.sh go.mod"
    assert look(folder).kind == "absent"
