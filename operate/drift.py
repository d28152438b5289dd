"""What a run would change now, a line each (`make drift`): fit for cron, quiet while all is well.

Exit status 0 and no word when all is as it should be; 1 with a line for each machine and what
differs there, shut gates among it; 2 with a sentence when the platform could not be asked.
"""

from __future__ import annotations

from operate import house, status  # isort: skip - house patches the standard library: first

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spec import HOUSE

WITHIN = 600  # seconds; a machine that hangs must not let one of cron pile up on the next
GATES = re.compile(r"Wait at the \w+ gate")


class Unasked(Exception):
    """Why nobody knows whether anything differs; the message is for a person."""


def main() -> int:
    """Print what differs, and say by the exit status whether anything does."""
    parser = argparse.ArgumentParser(prog="make drift", description=__doc__)
    parser.add_argument("inventory", nargs="?", default="inventory.py")
    parser.add_argument("--group-data", action="append", default=[])
    parser.add_argument("--limit", action="append", default=[], help="as pyinfra's")
    options = parser.parse_args()
    try:
        found = list(drift(options.inventory, options.group_data, options.limit))
    except (Unasked, house.PyinfraError) as why:
        print(why, file=sys.stderr)
        return 2
    for line in found:
        print(line)
    return 1 if found else 0


def drift(inventory: str, group_data: Sequence[str], limit: Sequence[str]) -> Iterator[str]:
    """A line for each machine and operation that would change it, and for each shut gate.

    Raises Unasked, or a PyinfraError, with a sentence for a person.
    """
    plan = _plan(inventory, group_data, limit)
    yield from changes(plan)
    if any(GATES.fullmatch(step["name"]) and step["hosts_with_change"] for step in plan):
        # Asked again, by name: one that was shut for a moment is none that stays shut.
        rows, _ = status.ask(inventory, list(group_data), limit)
        for row in rows:
            if not row.open:
                yield f"{row.host}: gate shut: {row.gate}"


def changes(plan: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each machine and operation of a plan that would change it, gates left out."""
    for step in plan:
        if not GATES.fullmatch(step["name"]):
            for host in step["hosts_with_change"]:
                yield f"{host}: {step['name']}"


def _plan(
    inventory: str, group_data: Sequence[str], limit: Sequence[str]
) -> Sequence[dict[str, Any]]:
    """What `--dry --json` says of a run."""
    words = [str(Path(sys.executable).with_name("pyinfra")), inventory, "deploy.py"]
    for option, values in (("--group-data", group_data), ("--limit", limit)):
        words += [word for value in values for word in (option, value)]
    try:
        done = subprocess.run(
            [*words, "--dry", "--json"],
            cwd=HOUSE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unasked(f"a plan takes more than {WITHIN} s: try make deploy ARGS=--dry") from None
    if done.returncode:
        raise Unasked(why(done.stderr))
    plan: Sequence[dict[str, Any]] = json.loads(done.stdout)["plan"]
    return plan


def why(said: str) -> str:
    """The end of what pyinfra said, without its colours: there it says what was refused."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    lines = [re.sub(r"^--> pyinfra error.*?: ", "", line.strip()) for line in plain.splitlines()]
    lines = [line for line in lines if line]
    first = next((n for n, line in enumerate(lines) if "nothing was touched" in line), len(lines))
    return "\n".join(lines[first:] or lines[-3:]) or "pyinfra ended without a word"


if __name__ == "__main__":
    sys.exit(main())
