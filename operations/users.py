"""Users and their groups."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.users import Members
from operations import Commands, operation


@operation()
def members(group: str, users: Sequence[str], welcome: Sequence[str] = ()) -> Commands:
    """Have exactly these users in a group; whoever else was in it is out.

    Who is `welcome` may be in it or not: somebody else sees to that, as a package's user that is
    not there yet.
    """
    found = ask(host, Members, group=group)
    guests = [user for user in found if user in welcome and user not in users]
    if set(found) != {*users, *guests}:
        everybody = ",".join([*users, *guests])
        yield StringCommand(f"gpasswd --members {shlex.quote(everybody)} {group}")


@operation()
def join(user: str, group: str) -> Commands:
    """Have a user in a group, whoever else is in it."""
    if user not in ask(host, Members, group=group):
        yield StringCommand(f"gpasswd --add {user} {group}")


@operation()
def leave(user: str, group: str) -> Commands:
    """Have a user out of a group, whoever else is in it."""
    if user in ask(host, Members, group=group):
        yield StringCommand(f"gpasswd --delete {user} {group}")
