"""Bare repositories, made and read by git as the account that they belong to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .records import Row
from .store import Store

NOTHING = "0" * 40
FIELDS = ("%(refname:lstrip=2)", "%(objectname)", "%(contents:subject)", "%(authorname)")


def path(store: Store, project: Row) -> Path:
    """Where a project's repository is."""
    return store.path / "repositories" / f"{project['path']}.git"


def make(store: Store, project: Row) -> None:
    """An empty repository."""
    above = path(store, project).parent
    above.mkdir(parents=True, exist_ok=True)
    if store.account:
        for folder in (above, above.parent):
            shutil.chown(folder, store.account, store.account)
    branch = project["default_branch"]
    git(store, "init", "--quiet", "--bare", f"--initial-branch={branch}", path(store, project))


def remove(store: Store, project: Row) -> None:
    """No repository any more."""
    shutil.rmtree(path(store, project), ignore_errors=True)


def branches(store: Store, project: Row) -> list[Row]:
    """Every branch with its last commit, by name."""
    separated = f"--format={'%00'.join(FIELDS)}"
    listed = git(store, "-C", path(store, project), "for-each-ref", separated, "refs/heads")
    found = []
    for line in listed.decode().splitlines():
        name, commit, title, author = line.split("\0")
        found.append({"name": name, "sha": commit, "title": title, "author": author})
    return found


def tree(store: Store, project: Row, branch: str) -> list[Row]:
    """The files and folders on top of a branch, folders first."""
    listed = git(store, "-C", path(store, project), "ls-tree", "-z", f"refs/heads/{branch}")
    found = []
    for line in listed.decode().split("\0")[:-1]:
        about, _, name = line.partition("\t")
        mode, kind, number = about.split()
        found.append({"id": number, "name": name, "type": kind, "path": name, "mode": mode})
    return sorted(found, key=lambda row: row["type"] != "tree")


def begin_with_readme(store: Store, project: Row) -> None:
    """One commit with a README.md, as the web page makes it."""
    where, text = ("-C", path(store, project)), f"# {project['name']}\n"
    blob = git(store, *where, "hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip()
    top = git(store, *where, "mktree", stdin=f"100644 blob {blob}\tREADME.md\n".encode())
    names = ("AUTHOR", "COMMITTER")
    who = {f"GIT_{name}_{what}": "lab@example.org" for name in names for what in ("NAME", "EMAIL")}
    words = ("commit-tree", "-m", "Initial commit", top.decode().strip())
    commit = git(store, *where, *words, extra=who).decode().strip()
    git(store, *where, "update-ref", f"refs/heads/{project['default_branch']}", commit)


def git(
    store: Store, *words: str | Path, stdin: bytes = b"", extra: Mapping[str, str] | None = None
) -> bytes:
    """What git answers; raises subprocess.CalledProcessError with what it says."""
    return as_account(store, "git", *words, stdin=stdin, extra=extra)


def as_account(
    store: Store,
    *words: str | Path,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> bytes:
    """What a program prints that runs as the repositories' account."""
    who: dict[str, Any] = {}
    if store.account:
        who = {"user": store.account, "group": store.account, "extra_groups": []}
    done = subprocess.run(
        words,
        input=stdin,
        capture_output=True,
        check=True,
        cwd=cwd or "/",
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(extra or {})},
        **who,
    )
    return bytes(done.stdout)
