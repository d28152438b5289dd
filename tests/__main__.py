"""Every suite (`make test`): what needs no machine first, then two labs, which share the rest.

With arguments of pytest's it is a part of them, with the lab that it needs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import lab
from lab import outer
from lab.mirror.go_products import RELEASES
from lab.mirror.kubernetes import wanted
from lab.shell import CommandFailed
from lab.verbs import INTERRUPTED
from tests import suites, times
from tests.suites import CHECKOUT, STANDS, Command, Deployed, Group, Part

CTRL_C, NO_TESTS = 2, 5  # pytest's exit status where it was ended, or nothing was left to run


def main(words: list[str]) -> int:
    """Run everything, or stop at the first kind that fails; returns its exit status."""
    # A shell has its background jobs ignore these, and all that they start: tests send them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    switches = {"--soak", "--unit"}
    part = suites.part([word for word in words if word not in switches])
    with TemporaryDirectory() as folder:
        run = Run(part, Path(folder), suites.MANY if "--soak" in words else suites.FEW)
        try:
            failed = run.without_machines()
            if failed or "--unit" in words:
                return failed
            is_soak = "--soak" in words and part.is_everything
            failed = run.on_machines()
            return failed or ((run.with_three() or run.upgraded()) if is_soak else 0)
        except KeyboardInterrupt:  # whoever ran a lab has taken it down
            return INTERRUPTED
        finally:
            times.show(run.reports)


class Run:
    """A run of every suite, or of a part of them; the report of each is in a folder meanwhile."""

    def __init__(self, part: Part, folder: Path, rounds: int) -> None:
        self.part, self.folder, self.rounds = part, folder, rounds
        self.reports: dict[str, list[Path]] = {}
        self.queue = Queue(() if part.on_machines else suites.QUEUE)

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
        """Two labs side by side, until nothing is left; a part that somebody named has one."""
        firsts = (suites.FIRST, None) if self.part.is_everything else (self.part.group,)
        if not any(firsts):
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
            try:
                return next(filter(None, list(pool.map(self._on_lab, suites.NAMES, firsts))), 0)
            except KeyboardInterrupt:
                self.queue.clear()
                raise

    def upgraded(self) -> int:
        """What needs two lines of Kubernetes, and more than one worker, on a lab of its own."""
        lines = ",".join(release.version for release in reversed(RELEASES[:2]))
        os.environ |= {wanted.WANTED: lines, "WORKERS": "3"}
        self.part, self.queue = suites.part([str(place) for place in suites.UPGRADE]), Queue(())
        return self.on_machines()

    def with_three(self) -> int:
        """What needs three control planes, on a lab of its own."""
        self.part, self.queue = suites.part([str(suites.CONTROLS)]), Queue(())
        os.environ["CONTROL"] = "3"
        try:
            return self.on_machines()
        finally:
            del os.environ["CONTROL"]

    def _on_lab(self, name: str, first: Group | None) -> int:
        """A lab's first suites, and whatever it finds to do then; without any, what costs least."""
        of_lab: Command = (sys.executable, "-m", "lab", "--name", name)
        stands, worst = Deployed.NOTHING, 0
        try:
            for verb in ("up", "deploy") if self.part.is_live else ("up",):
                if failed := _run(f"lab {name} {verb}", (*of_lab, verb), by_line=True):
                    return failed
            group = first or self.queue.next(whole=False)
            while group:
                status = self._group(name, group, (*of_lab, "exec"), stands)
                stands = max(stands, group.on) if status == 0 else Deployed.NOTHING
                worst = worst or status
                group = None if status == CTRL_C else self.queue.next(whole=bool(first))
            return worst
        finally:
            _run(f"lab {name} clean", (*of_lab, "clean"), by_line=True)

    def _group(self, name: str, group: Group, before: Command, stands: Deployed) -> int:
        words = (*group.places, "--inventory", "inventory.py", "--group-data", "lab/group_data")
        # A part is judged by what a lab is like: what was named may have run nothing before.
        is_part = self.part.options or self.part.on_machines
        extra = {} if is_part else {STANDS: str(int(stands))}
        return self._pytest(f"lab {name}", before, (*words, "-vv"), LAB=name, **extra)

    def _pytest(self, title: str, before: Command, words: Command, **extra: str) -> int:
        reports = self.reports.setdefault(title, [])
        reports.append(self.folder / f"{title} {len(reports)}.xml")
        words = (*words, *self.part.options, f"--junitxml={reports[-1]}")
        command = (*before, sys.executable, "-m", "pytest", *words)
        status = _run(title, command, by_line=True, ROUNDS=str(self.rounds), **extra)
        return 0 if self.part.options and status == NO_TESTS else status


class Queue:
    """What no lab has begun yet."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._left = list(groups)
        self._lock = Lock()

    def next(self, whole: bool) -> Group | None:
        """Take out what is for the whole platform, or for less; then anything; None at the end."""
        with self._lock:
            if not self._left:
                return None
            wanted = (group for group in self._left if (group.on == Deployed.ALL) == whole)
            group = next(wanted, self._left[0])
            self._left.remove(group)
            return group

    def clear(self) -> None:
        """Leave nothing to do."""
        with self._lock:
            self._left.clear()


def _run(title: str, command: Command, by_line: bool = False, **extra: str) -> int:
    """Run a command; `by_line`: its lines come whole, whatever another one says meanwhile."""
    print(f"--- {title}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **extra},
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
