"""Lines as the runner prints them: padded, coloured, with fields, on standard error."""

from __future__ import annotations

import sys

RED, OFF = "\033[31;1m", "\033[0;m"


class Ended(Exception):
    """A command that ends now, with this exit status."""

    def __init__(self, status: int) -> None:
        self.status = status


def say(message: str, level: str = "", **fields: str) -> None:
    """One line; `level` is ERROR, FATAL or PANIC."""
    colour, lead = (RED, f"{level}: ") if level else ("", "")
    told = "".join(f" {colour}{name}{OFF}={value}" for name, value in fields.items())
    print(f"{colour}{lead + message:<50}{OFF} {told}", file=sys.stderr, flush=True)


def end(message: str, level: str = "FATAL", status: int = 1) -> Ended:
    """Say why, and what to raise."""
    say(message, level)
    return Ended(status)


def short(token: str) -> str:
    """The beginning of a token, without its prefix; one that is too short crashes the real one."""
    if len(token) < 14:
        print("panic: runtime error: slice bounds out of range", file=sys.stderr)
        raise Ended(2)
    return token.removeprefix("glrt-")[:9]
