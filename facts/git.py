"""Git repositories of users, and what git calls a tree of files."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from facts import Fact, told

# By path: the mode as git writes it (100644, 100755, 120000), and the content.
Tree = Mapping[str, tuple[str, bytes]]
Kind = Literal["absent", "empty", "repository", "other"]


def tree_id(files: Tree) -> str:
    """What git calls exactly these files with these modes."""
    folders: dict[str, dict[str, tuple[str, bytes]]] = {}
    entries: list[tuple[bytes, str, str]] = []
    for path, (mode, content) in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = (mode, content)
        else:
            entries.append((name.encode(), mode, _object("blob", content)))
    entries += [(name.encode(), "40000", tree_id(inner)) for name, inner in folders.items()]
    # A folder is sorted as if its name ended in a slash.
    entries.sort(key=lambda entry: entry[0] + (b"/" if entry[1] == "40000" else b""))
    return _object(
        "tree",
        b"".join(b"%s %s\0%s" % (mode.encode(), name, bytes.fromhex(id_))
                 for name, mode, id_ in entries),
    )  # fmt: skip


def _object(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content)).hexdigest()  # noqa: S324 - git's name for it


@dataclass(frozen=True)
class RepositoryState:
    """What lies at a path; the default is nothing."""

    kind: Kind = "absent"
    tree: str = ""  # of HEAD; "" before the first commit
    origin: str = ""  # the address of that remote


class Repository(Fact[RepositoryState]):
    """The git repository in `folder`, as its `owner` sees it."""

    @staticmethod
    def default() -> RepositoryState:
        return RepositoryState()

    def command(self, folder: str, owner: str) -> str:
        # As the owner: git trusts no repository of somebody else, and that one may hold hooks.
        git = f'runuser -u {shlex.quote(owner)} -- git -C "$folder"'
        return f"""
folder={shlex.quote(folder)}
if [ ! -e "$folder" ] && [ ! -L "$folder" ]; then echo 'kind absent'
elif [ -d "$folder" ] && [ -z "$(ls -A "$folder")" ]; then echo 'kind empty'
elif [ ! -e "$folder/.git" ]; then echo 'kind other'
else
  echo 'kind repository'
  tree=$({git} rev-parse --verify --quiet 'HEAD^{{tree}}') && echo "tree $tree"
  origin=$({git} remote get-url origin 2>/dev/null) && echo "origin $origin"
fi
true"""

    def process(self, output: Iterable[str]) -> RepositoryState:
        found = dict(told(output, "kind", "tree", "origin"))
        return RepositoryState(
            kind=found.get("kind", "absent"),  # type: ignore[arg-type]
            tree=found.get("tree", ""),
            origin=found.get("origin", ""),
        )
