"""Running the deploy as a person does, and reading what it said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from lab import CHECKOUT
from tests.lab import loaded
from tests.lab.cluster import PATIENCE

PYINFRA = f"{CHECKOUT}/.venv/bin/pyinfra"
SETTINGS = ("--group-data", "lab/group_data")
WITHIN = 600  # seconds; a run that hangs is a failure

_limit: tuple[str, ...] = ()
_inventory = "inventory.py"


@contextmanager
def another_inventory(path: str) -> Iterator[None]:
    """Every deploy meanwhile is for the machines of this inventory."""
    global _inventory
    before, _inventory = _inventory, path
    try:
        yield
    finally:
        _inventory = before


@contextmanager
def limited_to(machines: str) -> Iterator[None]:
    """Deploys and gates meanwhile are of these machines only, or of all: ""."""
    global _limit
    before, _limit = _limit, ("--limit", machines) if machines else ()
    try:
        yield
    finally:
        _limit = before


@dataclass(frozen=True)
class Run:
    """A deploy that ended: exit status and what a person saw."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that was printed, without colours."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.out + self.err)

    @property
    def reason(self) -> str:
        """What is left of that where every step that went well is left out: why it failed."""
        well = (
            r"^ *\[[\w-]+\] +(No changes|Skipped|Success|Connected|Ready)\b.*"
            r"|^--> (Starting operation: .*|.*\.\.\.)$|^ *No security fixes any more.*"
        )
        return re.sub(r"\n\s*\n+", "\n", re.sub(well, "", self.said, flags=re.MULTILINE))[-3000:]

    @property
    def plan(self) -> dict[str, list[str]]:
        """Of a `--json` run: operations that would change something, with their hosts."""
        return _changed(json.loads(self.out)["plan"], "hosts_with_change")

    @property
    def changes(self) -> dict[str, list[str]]:
        """Of a `--json` run: operations that changed something, with their hosts."""
        return _changed(json.loads(self.out)["results"]["operations"], "success")


def deploy(*arguments: str, env: Mapping[str, str] | None = None, script: str = "deploy.py") -> Run:
    """`pyinfra inventory.py deploy.py` in this network, with the lab's settings."""
    limit = () if "--limit" in arguments else _limit
    words = (_inventory, script, *SETTINGS, *limit, *arguments)
    done = loaded.run(loaded.PYINFRA, words, {**os.environ, **(env or {})}, WITHIN)
    return Run(done.returncode, done.stdout, done.stderr)


def newer_harbor() -> tuple[str, ...]:
    """Arguments of a deploy that upgrades Harbor to the mirror's newer one."""
    facts = json.loads((CHECKOUT / ".lab/mirror.json").read_text())
    newer = {
        "harbor_version": facts["harbor_newer_version"],
        "harbor_sha256": facts["harbor_newer_sha256"],
    }
    return tuple(word for name, value in newer.items() for word in ("--data", f"{name}={value}"))


def start(
    *arguments: str, env: Mapping[str, str] | None = None, script: str = "deploy.py"
) -> subprocess.Popen[bytes]:
    """The same, left running, to be killed."""
    return subprocess.Popen(
        [PYINFRA, _inventory, script, *SETTINGS, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_after(seconds: float, *arguments: str, script: str = "deploy.py", **env: str) -> None:
    """A deploy that is killed in its middle, wherever it is by then."""
    running = start("-y", *_limit, *arguments, script=script, env=env)
    time.sleep(seconds)
    running.send_signal(signal.SIGKILL)
    running.wait()


def converge(*arguments: str, env: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Run to the end; what it changed. A run that fails shows what it said."""
    run = deploy("-y", "--json", *arguments, env=env)
    assert run.status == 0, run.reason
    return run.changes


def planned() -> dict[str, list[str]]:
    """What a run would change now; where that is to wait at gates, they have time to open."""
    asked = time.monotonic()
    while True:
        run = deploy("--dry", "--json")
        assert run.status == 0, run.reason
        if not run.plan or steps(run.plan) or time.monotonic() - asked > PATIENCE:
            return run.plan


def steps(names: Iterable[str]) -> list[str]:
    """Of the operations that a run would do or has done, those that are no wait at a gate."""
    return [name for name in names if "Wait at" not in name]


def status(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make status` says of the machines in question."""
    words = (_inventory, *SETTINGS, *_limit, *arguments)
    return loaded.run(loaded.STATUS, words, os.environ, WITHIN)


def gates() -> dict[tuple[str, str], bool]:
    """Every gate of the machines in question: open or shut, by host and what it awaits."""
    told = status("--json")
    assert told.stdout, told.stderr
    return {(row["host"], row["gate"]): row["open"] for row in json.loads(told.stdout)}


def shut_gates() -> set[str]:
    """The gates that are shut, as "host: gate"."""
    return {f"{host}: {gate}" for (host, gate), is_open in gates().items() if not is_open}


def await_shut(*expected: str, ask: Callable[[], set[str]] = shut_gates) -> None:
    """Wait until these gates are shut and no others; none: until all are open."""
    asked = time.monotonic()
    while (shut := ask()) != set(expected):
        assert time.monotonic() - asked < PATIENCE, f"shut: {shut}; expected: {set(expected)}"
        time.sleep(1)


def _changed(operations: list[dict[str, object]], key: str) -> dict[str, list[str]]:
    changed = {}
    for operation in operations:
        hosts = operation[key]
        assert isinstance(hosts, list)
        if hosts:
            changed[str(operation["name"])] = hosts
    return changed
