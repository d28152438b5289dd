"""Whole files, links and paths that must be absent: compared in one command, written in one each.

pyinfra's own file operations take three commands a file, leave uploads readable in /tmp while they
copy them, and move a file into place without a look at what arrived. Here the content comes on
standard input, is checked against its sum (a deploy that is killed ends the stream early), checked
by the program that will read it if there is one, and moves into place in one step.
"""

from __future__ import annotations

import difflib
import hashlib
import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.files import Content, Directory, Paths, PathState, ServedPaths
from operations import Commands, operation, tell


@dataclass(frozen=True)
class File:
    """A whole file of ours; `check` is a command that must accept it, {} is where it lies then."""

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"
    check: str = ""

    def __post_init__(self) -> None:
        # An operator's own file need not end its last line; what is sent does.
        if self.content and not self.content.endswith("\n"):
            object.__setattr__(self, "content", f"{self.content}\n")

    @property
    def secret(self) -> bool:
        """Whether its content is for its owner only, and so never shown."""
        return self.mode.endswith("00")

    def matches(self, found: PathState) -> bool:
        """Whether the machine has exactly this file."""
        return self.same_content(found) and self._same_access(found)

    def same_content(self, found: PathState) -> bool:
        """Whether it says the same there, whoever may read it."""
        return found.kind == "file" and found.content == _sum(self.content)

    def _same_access(self, found: PathState) -> bool:
        return (found.mode, found.owner, found.group) == (self.mode, self.owner, self.group)

    def commands(self, found: PathState) -> Commands:
        """What makes the machine have this file."""
        if not self.same_content(found):
            yield self._write()
        elif not self._same_access(found):
            path = shlex.quote(self.path)
            yield StringCommand(
                f"chmod {self.mode} {path} && chown {self.owner}:{self.group} {path}"
            )

    def _write(self) -> StringCommand:
        folder, name = posixpath.split(self.path)
        steps = [
            f"cd {shlex.quote(folder)}",
            f"new=$(mktemp {shlex.quote(f'.{name}.XXXXXX')})",
            "trap 'rm -f \"$new\"' EXIT",
            'cat >"$new"',
            f'{{ echo "{_sum(self.content)}  $new" | sha256sum --check --status ||'
            f" {{ echo {shlex.quote(self.path)} did not arrive whole >&2; false; }}; }}",
            f'chmod {self.mode} "$new"',
            f'chown {self.owner}:{self.group} "$new"',
            # A power cut leaves the old file or the new one, and never an empty one.
            'sync "$new"',
            f'mv -fT "$new" {shlex.quote(name)}',
        ]
        if self.check:
            where = shlex.quote(folder) + '/"$new"'
            steps.insert(-2, self.check.format(where))
        made = f"(umask 022; mkdir -p {shlex.quote(folder)}) && "
        return StringCommand(made + " && ".join(steps), _stdin=self.content)


@operation()
def put(files: Sequence[File]) -> Commands:
    """Have exactly these files: content, mode, owner; each is replaced as a whole or left alone."""
    found = ask(host, Paths, paths=[file.path for file in files])
    yield from _changes(files, found)


@operation()
def configure(
    files: Sequence[File], process: str, load: str, watched: Sequence[str] = ()
) -> Commands:
    """Have these files, and let the process that reads them load what it has not loaded yet.

    `process` is shell that prints the process id of the reader, or nothing where it does not run;
    `load` makes it read its files again; `watched` are more paths that it reads. What it has loaded
    is judged by its age, so a run that was killed before `load` is repaired by the next one.
    """
    paths = [file.path for file in files]
    served = ask(host, ServedPaths, paths=paths, watched=list(watched), process=process)
    changed = False
    for command in _changes(files, served.paths):
        changed = True
        yield command
    if served.stale or changed:
        # Nothing to tell a process that does not run: it reads its files when it starts.
        yield StringCommand(f'if [ -n "$({process})" ]; then {load}; fi')


@operation()
def link(path: str, target: str) -> Commands:
    """Have a symbolic link at `path`, whatever was there before."""
    found = ask(host, Paths, paths=[path]).get(path, PathState())
    if (found.kind, found.content) != ("link", target):
        folder = shlex.quote(posixpath.dirname(path))
        yield StringCommand(
            f"mkdir -p {folder} && ln -sfnT {shlex.quote(target)} {shlex.quote(path)}"
        )


@operation()
def directory(path: str, mode: str, owner: int, group: int) -> Commands:
    """Have a directory with this mode and owner, by number; what is in it stays."""
    if ask(host, Directory, path=path) != (mode, owner, group):
        folder = shlex.quote(path)
        yield StringCommand(
            f"mkdir -p {folder} && chown {owner}:{group} {folder} && chmod {mode} {folder}"
        )


@operation()
def remove(paths: Sequence[str]) -> Commands:
    """Have nothing at these paths."""
    found = ask(host, Paths, paths=list(paths))
    present = [path for path in paths if found.get(path, PathState()).kind != "absent"]
    if present:
        yield StringCommand(f"rm -rf -- {shlex.join(present)}")


def _changes(files: Sequence[File], found: dict[str, PathState]) -> Commands:
    for file in files:
        state = found.get(file.path, PathState())
        if host.state.config.DIFF and not file.secret and not file.matches(state):
            _show_difference(file)
        yield from file.commands(state)


def _show_difference(file: File) -> None:
    before = ask(host, Content, path=file.path).splitlines()
    after = file.content.splitlines()
    for line in difflib.unified_diff(before, after, file.path, file.path, lineterm=""):
        tell(f"    {line}")


def _sum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
