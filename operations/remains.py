"""What is left of something, and is to go as a whole."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.present import Present, present
from operations import Commands, operation


@operation()
def remove(paths: Sequence[str]) -> Commands:
    """Have nothing at these paths, in which * stands for any part of a name.

    A disk that is mounted at one stays there, empty.
    """
    if found := ask(host, Present, paths=list(paths)):
        names = shlex.join(found)
        yield StringCommand(
            f'rm -rf -- {names} 2>/dev/null; left=$({present(found)}); [ -z "$left" ] ||'
            ' { echo "cannot be removed:" $left >&2; exit 1; }; systemctl daemon-reload'
        )
