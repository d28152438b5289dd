"""SSH key pairs of users: made once, never overwritten."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.ssh import KeyPair
from facts.users import home
from operations import Commands, operation


@operation()
def key_pair(user: str, key: str, comment: str) -> Commands:
    """Have an ed25519 key pair without a passphrase in a user's ~/.ssh; one that is there stays.

    Of the two halves only the public one is ever written again, from the private one.
    """
    found = ask(host, KeyPair, user=user, key=key)
    key, words = shlex.quote(key), shlex.quote(comment)
    if found.private and (found.mode, found.owner) != ("0600", user):
        yield StringCommand(f'cd "{home(user)}"/.ssh && chmod 0600 {key} && chown -h {user}: {key}')
    if not found.private:
        # The private half moves last: until then there is no pair, and the next run makes one.
        yield _as_user(
            user,
            f"rm -f {key}.new {key}.new.pub && "
            f"ssh-keygen -q -t ed25519 -N '' -C {words} -f {key}.new && "
            f"chmod 0644 {key}.new.pub && "
            f"mv -fT {key}.new.pub {key}.pub && mv -fT {key}.new {key}",
        )
    elif found.public != "same":
        yield _as_user(
            user,
            f"ssh-keygen -y -P '' -f {key} >{key}.pub.new && chmod 0644 {key}.pub.new && "
            f"mv -fT {key}.pub.new {key}.pub",
        )


def _as_user(user: str, script: str) -> StringCommand:
    # As the user, not as root: what is a link in somebody's home leads root elsewhere.
    inside = f"umask 077; mkdir -p .ssh && cd .ssh && {script}"
    return StringCommand(f'cd "{home(user)}" && runuser -u {user} -- sh -c {shlex.quote(inside)}')
