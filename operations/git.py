"""Git repositories that are begun once, and belong to their owner from then on."""

from __future__ import annotations

import base64
import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pyinfra import host, logger
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.git import Repository, RepositoryState, Tree, tree_id
from operations import Commands, operation, refuse


@dataclass(frozen=True)
class Seed:
    """A beginning: one commit of these files, that `says` why; they come from `source`."""

    files: Tree
    source: str
    says: str

    def differs(self, found: RepositoryState) -> bool:
        """Whether the repository has other files by now."""
        return found.tree != tree_id(self.files)

    def commands(self, owner: str) -> str:
        """Shell that makes it of the current folder."""
        # Git sees a stream that was cut off: it ends before "done".
        into = (
            "git init -q -b main . && git fast-import --quiet --done --date-format=now"
            " && git reset -q --hard"
        )
        return f"base64 --decode | {_as(owner, into)}"

    def stdin(self, owner: str) -> str:
        """The commit as git fast-import reads it, in letters that every way lets through."""
        lines = [f"commit refs/heads/main\ncommitter {owner} <{owner}@{host.name}> now".encode()]
        lines.append(_data(self.says.encode()))
        for path, (mode, content) in sorted(self.files.items()):
            lines += [f"M {mode} inline {path}".encode(), _data(content)]
        return base64.encodebytes(b"\n".join([*lines, b"done", b""])).decode()


@dataclass(frozen=True)
class Clone:
    """A beginning: what stands at an address, which must have all that is `needed`."""

    address: str
    needed: Sequence[str]

    def commands(self, owner: str) -> str:
        """Shell that makes it of the current folder; the address is its remote `source`."""
        address = shlex.quote(self.address)
        return _as(
            owner,
            f"GIT_TERMINAL_PROMPT=0 git clone -q --origin source {address} ."
            f" && git branch -q -M main && for path in {shlex.join(self.needed)}; do"
            ' git cat-file -e "HEAD:$path" 2>/dev/null || missing="$missing $path"; done'
            f' && {{ [ -z "$missing" ] || {{ echo {address} "lacks$missing" >&2; exit 1; }}; }}',
        )

    def stdin(self, owner: str) -> str:
        """Nothing."""
        return ""


@operation()
def begun(folder: str, owner: str, beginning: Seed | Clone, origin: str = "") -> Commands:
    """Have a repository in `folder`, on branch main; one that is there is its owner's and stays.

    `origin` is the remote of one that has none; nothing is ever pushed there.
    """
    found: RepositoryState = ask(host, Repository, folder=folder, owner=owner)
    remote = _as(owner, f"git remote add origin {shlex.quote(origin)}")
    if found.kind == "other":
        yield refuse(
            f"{folder} is there, and is no git repository: move it away, or make one of it"
            " (git init -b main, git add, git commit), and run again"
        )
    elif found.kind == "repository":
        if isinstance(beginning, Seed) and beginning.differs(found):
            _say_once(
                f"{host.print_prefix}{folder} differs from {beginning.source}: it is its"
                " developers', and is left alone"
            )
        if origin and not found.origin:
            yield StringCommand(f"cd {shlex.quote(folder)} && {remote}")
    else:
        parent, name = posixpath.split(folder)
        new = shlex.quote(f".{name}.new")
        steps = [
            # Folders with the mode that all have, whatever root's umask is.
            "umask 022",
            f"mkdir -p {shlex.quote(parent)}",
            f"cd {shlex.quote(parent)}",
            f"rm -rf {new}",
            f"install -d -o {owner} -g {owner} {new}",
            f"cd {new}",
            beginning.commands(owner),
            *([remote] if origin else []),
            "cd ..",
            f"mv -T {new} {shlex.quote(name)}",
        ]
        yield StringCommand(" && ".join(steps), _stdin=beginning.stdin(owner))


@cache
def _say_once(sentence: str) -> None:
    """To a person: an operation is asked what it would change, and asked again when it runs."""
    logger.info(sentence)


def _as(owner: str, script: str) -> str:
    return f"runuser -u {shlex.quote(owner)} -- sh -c {shlex.quote(script)}"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s" % (len(content), content)
