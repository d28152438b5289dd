"""SSH key pairs of users."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from facts import Fact, told
from facts.users import home

Public = Literal["absent", "same", "other"]


@dataclass(frozen=True)
class KeyPairState:
    """A user's key pair as it stands; the default is one that is not there."""

    private: bool = False
    mode: str = ""  # of the private half, "0600"
    owner: str = ""
    public: Public = "absent"  # whether the public half beside it belongs to it
    text: str = ""  # of the public half: its kind and the key


class KeyPair(Fact[KeyPairState]):
    """The key pair `key` in a user's ~/.ssh; without the user there is none."""

    @staticmethod
    def default() -> KeyPairState:
        return KeyPairState()

    def command(self, user: str, key: str) -> str:
        return rf"""
home={home(user)}
key=$home/.ssh/{shlex.quote(key)}
[ -n "$home" ] && [ -f "$key" ] || exit 0
echo "private $(stat -c '%a %U' "$key")"
[ -f "$key.pub" ] || exit 0
echo "text $(cut -d ' ' -f 1,2 "$key.pub")"
# A key with a passphrase tells nobody its other half: then what is there is taken for it.
own=$(ssh-keygen -y -P '' -f "$key" 2>/dev/null | cut -d ' ' -f 1,2)
[ -z "$own" ] || [ "$own" = "$(cut -d ' ' -f 1,2 "$key.pub")" ] && echo 'public same' ||
  echo 'public other'"""

    def process(self, output: Iterable[str]) -> KeyPairState:
        found = dict(told(output, "private", "text", "public"))
        mode, owner = found.get("private", " ").split(" ")
        return KeyPairState(
            private="private" in found,
            mode=mode.zfill(4),
            owner=owner,
            public=found.get("public", "absent"),  # type: ignore[arg-type]
            text=found.get("text", ""),
        )
