"""What the probe prints on a machine, as a bare one says it or with other words of its own."""

from __future__ import annotations

from collections.abc import Sequence

from facts.probe import BEGINS, ENDS

SYSTEM = """distribution debian
version 13
codename trixie
architecture amd64
flags fpu cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3
cpus 2
memory 8000
cgroup cgroup2fs
watchers 128
watches 65536
room /opt 9000 /
mount /opt rw,relatime
clock 0"""
LOGIN = ("login connection 192.168.56.1 50000 192.168.56.44 22", "login shell /bin/bash")


def printed(*subjects: str, login: Sequence[str] = LOGIN, system: str = SYSTEM) -> list[str]:
    """Every line; `subjects` are what follows the first one, in their order."""
    lines = []
    for number, text in enumerate((system, *subjects, *[""] * (7 - len(subjects)))):
        lines += [f"{number} {line}" for line in text.splitlines()] + [f"{number}.ended 0"]
    return [BEGINS, *login, *lines, ENDS]
