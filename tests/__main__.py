"""Every suite in its order (`make test`): what needs no machine first, then two labs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import lab
from lab import outer
from lab.shell import CommandFailed

HOUSE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NAME = os.environ.get("TEST_LAB", "test")

Command = tuple[str | Path, ...]

CHECKS = (
    ("format", (BIN / "ruff", "format", "--check", "--quiet", ".")),
    ("lint", (BIN / "ruff", "check", "--quiet", ".")),
    ("types", (BIN / "mypy", ".")),
    ("unit", (sys.executable, "-m", "pytest", "tests/unit")),
)
# Two labs side by side, since a suite on machines mostly waits. One begins with bare machines, in
# this order: bare, the first run, what it left, then everything that breaks it. The other has what
# is about vm-docker, gates, secrets and labs. The files are named one by one: pytest drops one that
# stands in a folder named beside it.
LAB_SUITES = HOUSE / "tests" / "lab"
FIRST = [LAB_SUITES / name for name in ("test_bare.py", "test_converge.py")]
SECOND_LAB = [
    LAB_SUITES / f"test_{name}.py"
    for name in (
        *("contract_harbor", "contract_runner", "edge", "faults", "gates"),
        *("gitlab_access", "gitlab_double"),
        *("harbor", "harbor_faults", "harbor_upgrade", "lab", "leaks", "registry", "runner"),
    )
]
# One deployment for all of these, which begin with the push that makes it.
PUSH = LAB_SUITES / "application" / "test_push.py"
APPLICATION = [PUSH, *sorted(set(PUSH.parent.glob("test_*.py")) - {PUSH})]
BREAKING = sorted(set(LAB_SUITES.glob("test_*.py")) - set(FIRST) - set(SECOND_LAB))
ON_MACHINES = {
    NAME: (*FIRST, HOUSE / "tests" / "live", *APPLICATION, *BREAKING),
    f"{NAME[:9]}-b": tuple(SECOND_LAB),
}


def main(words: list[str]) -> int:
    """Run everything, or stop at the first suite that fails; returns its exit status."""
    soak = "--soak" in words
    for title, command in CHECKS:
        if failed := _run(title, command):
            return failed
    try:
        outer.check()
        outer.install(outer.BROWSER)
    except outer.NoLabHere as reason:
        print(f"The suites that need machines did not run: {reason}", file=sys.stderr)
        return 2 if os.environ.get("CI") == "true" else 0
    except CommandFailed as reason:
        print(f"What the tests need could not be installed: {reason}", file=sys.stderr)
        return 2
    # Most tests ask nothing of a pipeline, and need not wait for one.
    os.environ[lab.BY_HAND] = "1"
    try:
        for name in ON_MACHINES:
            if failed := _run(f"lab {name}", (*_lab(name), "up")):
                return failed
        with ThreadPoolExecutor() as pool:
            return max(pool.map(partial(_suites, rounds="30" if soak else "2"), ON_MACHINES))
    finally:
        for name in ON_MACHINES:
            _run(f"lab {name} down", (*_lab(name), "clean"))


def _suites(name: str, rounds: str) -> int:
    """The suites of one lab; their lines come whole, whatever the other one says meanwhile."""
    options = ("--inventory", "inventory.py", "--group-data", "lab/group_data")
    pytest = (*_lab(name), "exec", sys.executable, "-m", "pytest")
    command: Command = (*pytest, *ON_MACHINES[name], *options, "-vv", "--durations=15")
    return _run(f"suites on {name}", command, by_line=True, LAB=name, ROUNDS=rounds)


def _lab(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "lab", "--name", name)


def _run(title: str, command: Command, by_line: bool = False, **more: str) -> int:
    print(f"--- {title}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=HOUSE,
        env={**os.environ, **more},
        stdout=subprocess.PIPE if by_line else None,
        stderr=subprocess.STDOUT if by_line else None,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
    status = process.returncode
    print(f"--- {title}: exit {status} after {time.monotonic() - began:.0f} s", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
