"""Every suite in its order (`make test`): what needs no machine first, then a lab of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from lab import outer

HOUSE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NAME = os.environ.get("TEST_LAB", "test")

CHECKS = (
    ("format", (BIN / "ruff", "format", "--check", "--quiet", ".")),
    ("lint", (BIN / "ruff", "check", "--quiet", ".")),
    ("types", (BIN / "mypy", ".")),
    ("unit", (sys.executable, "-m", "pytest", "tests/unit")),
)
# One lab, in this order: bare, the first run, what it left, then everything that breaks it. The
# files are named one by one: pytest drops one that stands in a folder named beside it.
FIRST = [HOUSE / "tests" / "lab" / name for name in ("test_bare.py", "test_converge.py")]
BREAKING = sorted(set((HOUSE / "tests" / "lab").glob("test_*.py")) - set(FIRST))
ON_MACHINES: tuple[Path, ...] = (*FIRST, HOUSE / "tests" / "live", *BREAKING)


def main(words: list[str]) -> int:
    """Run everything, or stop at the first suite that fails; returns its exit status."""
    soak = "--soak" in words
    for title, command in CHECKS:
        if failed := _run(title, command):
            return failed
    try:
        outer.check()
    except outer.NoLabHere as reason:
        print(f"The suites that need machines did not run: {reason}", file=sys.stderr)
        return 2 if os.environ.get("CI") == "true" else 0
    lab = (sys.executable, "-m", "lab", "--name", NAME)
    machines: tuple[str | Path, ...] = (
        *ON_MACHINES,
        "--inventory",
        "inventory.py",
        "--group-data",
        "lab/group_data",
    )
    try:
        return _run("lab", (*lab, "up")) or _run(
            "live and lab",
            (*lab, "exec", sys.executable, "-m", "pytest", *machines, "-vv", "--durations=15"),
            LAB=NAME,
            ROUNDS="30" if soak else "2",
        )
    finally:
        _run("lab down", (*lab, "clean"))


def _run(title: str, command: tuple[str | Path, ...], **more: str) -> int:
    print(f"--- {title}", flush=True)
    began = time.monotonic()
    status = subprocess.call(command, cwd=HOUSE, env={**os.environ, **more})
    print(f"--- {title}: exit {status} after {time.monotonic() - began:.0f} s", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
