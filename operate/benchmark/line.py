"""What a line of the benchmark is, and the shell that most of them are made of."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One recommendation of the CIS Kubernetes Benchmark (1.11), and how a machine follows it."""

    number: str
    title: str
    command: str  # reads only, runs as root; exit status 0 means followed
    accepted: str = ""  # why it need not be


def argument(program: str, pattern: str) -> str:
    """Shell that prints the arguments of a program that runs which are a pattern, if any is."""
    # The kernel keeps 15 letters of a program's name.
    return (
        f"pid=$(pgrep -xo {program[:15]}) && tr '\\0' '\\n' </proc/$pid/cmdline |"
        f" grep -xE -e {shlex.quote(f'--{pattern}')}"
    )


def lacks(program: str, pattern: str) -> str:
    """Shell that ends well where a program runs, and none of its arguments is a pattern."""
    return f"pgrep -xo {program[:15]} >/dev/null && ! {{ {argument(program, pattern)}; }}"


def closed(paths: str, mode: str) -> str:
    """Shell that ends well where all that is at these paths is root's, and no wider than a mode."""
    return (
        f"found=$(find {paths} ! -type l \\( ! -user root -o ! -group root -o -perm"
        f" /{0o7777 & ~int(mode, 8):o} \\) -exec stat -c '%a %U:%G %n' {{}} +) &&"
        ' { echo "$found"; [ -z "$found" ]; }'
    )
