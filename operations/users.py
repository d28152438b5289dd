"""Users and their groups."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation

from facts.users import Members
from operations import Commands


@operation()
def members(group: str, users: Sequence[str]) -> Commands:
    """Have exactly these users in a group; whoever else was in it is out."""
    found = host.get_fact(Members, group=group)
    if set(found) != set(users):
        yield StringCommand(f"gpasswd --members {shlex.quote(','.join(users))} {group}")
