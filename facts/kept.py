"""Whether a machine keeps the secrets that we have, without either saying them."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping

from facts import Fact

DIGEST = re.compile("[0-9a-f]{64}")  # a SHA-256


class Digests(Fact[dict[str, str]]):
    """A salted digest of what each command prints, by name; of what is not there, none.

    The salt is new for each question: what is answered is worth nothing to anybody else.
    """

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def command(self, commands: Mapping[str, str], salt: str) -> str:
        # `printf` is the shell's own: what it is given stands in no list of processes.
        return "".join(
            f"value=$({{ {command}; }} 2>/dev/null </dev/null)\n"
            f'[ -z "$value" ] || echo {shlex.quote(name)}'
            f" $(printf '%s%s' {shlex.quote(salt)} \"$value\" | sha256sum | cut -d ' ' -f 1)\n"
            for name, command in commands.items()
        )

    def process(self, output: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in (line.split() for line in output):
            if not DIGEST.fullmatch(value):
                raise ValueError(value)
            found[name] = value
        return found


def digest(salt: str, value: str) -> str:
    """What a machine answers that has this value."""
    return hashlib.sha256(f"{salt}{value}".encode()).hexdigest()
