"""Every suite in its order (`make test`): what needs no machine first, then two labs.

With arguments of pytest's it is a part of them, with the lab that it needs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import lab
from lab import outer
from lab.shell import CommandFailed
from lab.verbs import INTERRUPTED
from tests import suites, times
from tests.suites import HOUSE, NAME, ON_MACHINES, Command, Part

NO_TESTS = 5  # pytest's exit status where nothing was left to run
MANY, FEW = "30", "2"  # rounds of what works by chance


def main(words: list[str]) -> int:
    """Run everything, or stop at the first kind that fails; returns its exit status."""
    switches = {"--soak", "--unit"}
    part = suites.part([word for word in words if word not in switches])
    with TemporaryDirectory() as folder:
        run = Run(part, Path(folder), MANY if "--soak" in words else FEW)
        try:
            failed = run.without_machines()
            return failed if failed or "--unit" in words else run.on_machines()
        except KeyboardInterrupt:  # whoever ran a lab has taken it down
            return INTERRUPTED
        finally:
            times.show(run.reports)


class Run:
    """A run of every suite, or of a part of them; the report of each is in a folder meanwhile."""

    def __init__(self, part: Part, folder: Path, rounds: str) -> None:
        self.part, self.folder, self.rounds = part, folder, rounds
        self.reports: dict[str, Path] = {}

    def without_machines(self) -> int:
        """What reads sources, then types and unit tests side by side: each has a core."""
        if self.part.options or not self.part.is_everything:
            words = self.part.unit or (suites.UNIT,)
            named = self.part.unit or self.part.is_everything
            return self._pytest("unit", (), (*words, *suites.SIDE_BY_SIDE)) if named else 0
        for title, command in suites.QUICK.items():
            if failed := _run(title, command):
                return failed
        with ThreadPoolExecutor() as pool:
            types = pool.submit(_run, "types", suites.TYPES, by_line=True)
            unit = pool.submit(self._pytest, "unit", (), (suites.UNIT, *suites.SIDE_BY_SIDE))
            return types.result() or unit.result()

    def on_machines(self) -> int:
        """Each lab with its suites, side by side; a part that somebody named has one lab."""
        labs = ON_MACHINES if self.part.is_everything else {NAME: self.part.on_machines}
        if not any(labs.values()):
            return 0
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
        with ThreadPoolExecutor() as pool:
            return max(pool.map(self._on_lab, labs, labs.values()))

    def _on_lab(self, name: str, places: Sequence[str | Path]) -> int:
        """These suites, on a lab that is there for as long as they take."""
        of_lab: Command = (sys.executable, "-m", "lab", "--name", name)
        verbs = ("up", "deploy") if self.part.is_live else ("up",)
        try:
            for verb in verbs:
                if failed := _run(f"lab {name} {verb}", (*of_lab, verb), by_line=True):
                    return failed
            words = (*places, "--inventory", "inventory.py", "--group-data", "lab/group_data")
            return self._pytest(f"lab {name}", (*of_lab, "exec"), (*words, "-vv"), LAB=name)
        finally:
            _run(f"lab {name} clean", (*of_lab, "clean"), by_line=True)

    def _pytest(self, title: str, before: Command, words: Command, **more: str) -> int:
        report = self.reports[title] = self.folder / f"{title}.xml"
        words = (*words, *self.part.options, f"--junitxml={report}")
        command = (*before, sys.executable, "-m", "pytest", *words)
        status = _run(title, command, by_line=True, ROUNDS=self.rounds, **more)
        return 0 if self.part.options and status == NO_TESTS else status


def _run(title: str, command: Command, by_line: bool = False, **more: str) -> int:
    """Run a command; `by_line`: its lines come whole, whatever another one says meanwhile."""
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
