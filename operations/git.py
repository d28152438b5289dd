"""Git repositories that are made once, and belong to their owner from then on."""

from __future__ import annotations

import base64
import io
import posixpath
import shlex
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.git import Repository, RepositoryState
from operations import Commands, operation, refuse
from spec.application import LINK, Files


@dataclass(frozen=True)
class Seed:
    """A beginning: one commit of these files, that `says` why."""

    files: Files
    says: str

    def commands(self, owner: str) -> str:
        """Shell that makes it of the current folder."""
        who = f"-c user.name={owner} -c user.email={owner}@{host.name}"
        # What a .gitignore leaves out is the application's all the same.
        into = (
            # Their owner's git may sign, hook and convert, each in a way that wants a person.
            "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1;"
            " tar -xz && git init -q -b main . && git add --all --force"
            f" && git {who} commit -q -m {shlex.quote(self.says)}"
        )
        return f"base64 --decode | {_as(owner, into)}"

    def stdin(self) -> str:
        """The files as a tar archive, in letters that every way lets through.

        It is compressed so that tar sees where one was cut off.
        """
        packed = io.BytesIO()
        with tarfile.open(None, "w:gz", packed) as tar:
            for path, (mode, content) in sorted(self.files.items()):
                tar.addfile(_entry(path, mode, content), io.BytesIO(content))
        return base64.encodebytes(packed.getvalue()).decode()


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

    def stdin(self) -> str:
        """Nothing to read: the machine fetches it."""
        return ""


@operation()
def init(folder: str, owner: str, beginning: Seed | Clone, origin: str = "") -> Commands:
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
            f'install -d -o {owner} -g "$(id -g {owner})" {new}',
            f"cd {new}",
            beginning.commands(owner),
            *([remote] if origin else []),
            "cd ..",
            f"mv -T {new} {shlex.quote(name)}",
        ]
        yield StringCommand(" && ".join(steps), _stdin=beginning.stdin())


def _as(owner: str, script: str) -> str:
    return f"runuser -u {shlex.quote(owner)} -- sh -c {shlex.quote(script)}"


def _entry(path: str, mode: str, content: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    if mode == LINK:
        entry.type, entry.linkname = tarfile.SYMTYPE, content.decode()
    else:
        entry.mode, entry.size = int(mode[-3:], 8), len(content)
    return entry
