"""Packages: which version is installed. Signing keys: which ones a file holds."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact, told

# Prints "key FINGERPRINT VALIDITY" for each primary key in a file. A home that is there and that
# nothing is written to: gpg refuses one that is missing.
FINGERPRINTS = (
    "gpg --homedir / --no-options --no-default-keyring --keyring /dev/null --trust-model always"
    " --show-keys --with-colons {0} 2>/dev/null |"
    ' awk -F: \'$1 == "pub" {{validity = $2; primary = 1}}'
    ' $1 == "fpr" && primary {{print "key", $10, validity; primary = 0}}\''
)


class Packages(Fact[dict[str, str]]):
    """The installed version of each of these packages; one that is not installed is absent."""

    listed = "packages"

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def command(self, packages: Sequence[str]) -> str:
        shown = "${Package} ${db:Status-Status} ${Version}\\n"
        return f"dpkg-query -W -f '{shown}' {shlex.join(packages)} 2>/dev/null || :"

    def process(self, output: Iterable[str]) -> dict[str, str]:
        rows = (line.split(" ", 2) for line in output)
        return {name: version for name, status, version in rows if status == "installed"}


class Held(Fact[tuple[str, ...]]):
    """The packages that apt holds at their version."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return "dpkg --get-selections | awk '$2 == \"hold\" {print $1}'"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for (name,) in map(str.split, output))


@dataclass(frozen=True)
class KeyFile:
    """A file of signing keys as it stands; the default is one that is not there."""

    mode: str = ""  # "0644"
    sha256: str = ""
    fingerprints: tuple[str, ...] = ()  # of every key in it, where gpg is there to read them
    expired: bool = False  # one of them is past its end


class SigningKey(Fact[KeyFile]):
    """What the file of a repository's signing key holds."""

    @staticmethod
    def default() -> KeyFile:
        return KeyFile()

    def command(self, path: str) -> str:
        file = shlex.quote(path)
        return (
            f"[ -f {file} ] || exit 0; "
            f'echo "mode $(stat -c %a {file})"; echo "sha256 $(sha256sum <{file} | cut -c 1-64)"; '
            f"{FINGERPRINTS.format(file)}; :"
        )

    def process(self, output: Iterable[str]) -> KeyFile:
        rows = told(output, "mode", "sha256", "key")
        found = dict(rows)
        keys = [value.split() for kind, value in rows if kind == "key"]
        return KeyFile(
            mode=found.get("mode", "").zfill(4),
            sha256=found.get("sha256", ""),
            fingerprints=tuple(fingerprint for fingerprint, *_ in keys),
            expired=any("e" in validity for _, *validity in keys),
        )
