"""OpenPGP keys, one per upstream, made once and kept in the cache."""

from __future__ import annotations

import re
from pathlib import Path

from lab.mirror import root
from lab.mirror.store import made_once, shelf

GENERATE = """
cd /mirror/key
umask 077
sqop generate-key "$1" > secret.asc
sqop extract-cert < secret.asc > public.asc
"""
SIGN = """
cd /mirror/work
sqop inline-sign --as=clearsigned /mirror/key/secret.asc < Release > InRelease
sqop sign /mirror/key/secret.asc < Release > Release.gpg
"""
SIGN_FILE = """
cd /mirror/work
sqop sign /mirror/key/secret.asc < "$1" > "$1.asc"
"""


def key(tree: Path, owner: str) -> Path:
    """The directory with `owner`'s secret.asc and public.asc; the same for ever."""

    def generate(directory: Path) -> None:
        user = f"{owner}, a lab's stand-in <root@mirror.lab>"
        root.build_with(tree, "sh", "-ec", GENERATE, "sh", user, binds={"key": directory})

    shelf("keys").chmod(0o700)
    return made_once("keys", owner, f"Make a signing key for {owner}", generate)


def fingerprint(public: Path) -> str:
    """The fingerprint of a public key, which sqop writes above it."""
    (line,) = re.findall(r"^Comment: ([0-9A-F ]+)$", public.read_text(), re.MULTILINE)
    return str(line).replace(" ", "")


def sign(tree: Path, signer: Path, suite: Path) -> None:
    """Sign the Release file in `suite` both ways that apt knows."""
    root.build_with(tree, "sh", "-ec", SIGN, binds={"key": signer, "work": suite})


def sign_file(tree: Path, signer: Path, path: Path) -> None:
    """Put a detached signature beside a file, as `<name>.asc`."""
    binds = {"key": signer, "work": path.parent}
    root.build_with(tree, "sh", "-ec", SIGN_FILE, "sh", path.name, binds=binds)
