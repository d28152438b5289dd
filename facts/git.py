"""Git repositories of users."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from facts import Fact, told

Kind = Literal["absent", "empty", "repository", "other"]


@dataclass(frozen=True)
class RepositoryState:
    """What lies at a path; the default is nothing."""

    kind: Kind = "absent"
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
  origin=$({git} remote get-url origin 2>/dev/null) && echo "origin $origin"
fi
true"""

    def process(self, output: Iterable[str]) -> RepositoryState:
        found = dict(told(output, "kind", "origin"))
        return RepositoryState(
            kind=found.get("kind", "absent"),  # type: ignore[arg-type]
            origin=found.get("origin", ""),
        )
