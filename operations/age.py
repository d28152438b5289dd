"""age: what is encrypted for a public key, and read by who has the private one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from operations.streams import Broken

CANNOT = "cannot be decrypted"
MISSING = "age is not installed on this computer: apt install age, or brew install age"


@contextmanager
def encrypted(recipient: str, target: BinaryIO) -> Iterator[IO[bytes]]:
    """What is written into this comes to the file `target`; raises Broken where it cannot."""
    target.flush()
    age = _started("--encrypt", "--recipient", recipient, stdin=subprocess.PIPE, stdout=target)
    assert age.stdin
    try:
        try:
            yield age.stdin
            age.stdin.close()
        except BrokenPipeError:
            pass  # it has ended early: it says why
        _end(age, "it was not encrypted")
    finally:
        age.kill()
        age.wait()


@contextmanager
def decrypted(identity: Path, path: Path, offset: int, size: int) -> Iterator[IO[bytes]]:
    """What stands encrypted in a part of a file; raises Broken where the key is not the one."""
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        part = subprocess.Popen(["head", "-c", str(size)], stdin=file, stdout=subprocess.PIPE)
    age = _started("--decrypt", "--identity", str(identity), stdin=part.stdout, stdout=-1)
    assert age.stdout and part.stdout
    part.stdout.close()
    try:
        try:
            yield age.stdout
        except Exception:
            if not age.stdout.read(1):
                # Whoever reads nothing, or half of it, does not know why.
                _end(age, CANNOT)
            raise
        age.stdout.read()
        _end(age, CANNOT)
    finally:
        for process in (age, part):
            process.kill()
            process.wait()


def _started(*words: str, stdin: Any, stdout: Any) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(["age", *words], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise Broken(MISSING) from None


def _end(age: subprocess.Popen[bytes], what: str) -> None:
    """Wait for it; raises Broken with what it said, where it did not end well."""
    status = age.wait()
    assert age.stderr
    if status:
        lines = age.stderr.read().decode(errors="replace").splitlines()
        output = [line.removeprefix("age: error: ") for line in lines if line]
        raise Broken(f"{what}: {output[0] if output else f'age ended with status {status}'}")
