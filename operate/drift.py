"""What a run would change now, a line each (`make drift`): fit for cron, quiet while all is well.

Exit status 0 and no word when all is as it should be; 1 with a line for each machine and what
differs there, shut gates among it; 2 with a sentence when the platform could not be asked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from operate import arguments
from spec import CHECKOUT

WITHIN = 600  # seconds; a machine that hangs must not let one of cron pile up on the next
GATES = re.compile(r"Wait at the \w+ gate")
PLAN = (str(Path(sys.executable).with_name("pyinfra")), "{}", "deploy.py", "--dry", "--json")
STATUS = (sys.executable, "-m", "operate.status", "{}", "--json")


class Unasked(Exception):
    """Why nobody knows whether anything differs; the message is for a person."""


def main() -> int:
    """Print what differs, and say by the exit status whether anything does."""
    options = arguments.parser("make drift", __doc__).parse_args()
    extra = [word for value in options.group_data for word in ("--group-data", value)]
    extra += [word for value in options.limit for word in ("--limit", value)]
    try:
        found = list(drift(options.inventory, extra))
    except Unasked as why:
        print(why, file=sys.stderr)
        return 2
    for line in found:
        print(line)
    return 1 if found else 0


def drift(inventory: str, options: Sequence[str] = ()) -> Iterator[str]:
    """A line for each machine and operation that would change it, and for each shut gate.

    Raises Unasked with a sentence for a person.
    """
    plan = _ask(PLAN, inventory, options, answers=(0,))["plan"]
    for step in plan:
        if not GATES.fullmatch(step["name"]):
            yield from (f"{host}: {step['name']}" for host in step["hosts_with_change"])
    if any(GATES.fullmatch(step["name"]) and step["hosts_with_change"] for step in plan):
        # Asked again, by name: one that was shut for a moment is none that stays shut.
        for row in _ask(STATUS, inventory, options, answers=(0, 1)):
            if not row["open"]:
                yield f"{row['host']}: gate shut: {row['gate']}"


def _ask(
    program: Sequence[str], inventory: str, options: Sequence[str], answers: Sequence[int]
) -> Any:
    """The JSON that a program prints about an inventory, if it ends with one of these statuses."""
    words = [word.format(inventory) for word in program]
    try:
        done = subprocess.run(
            [*words, *options],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unasked(f"no answer within {WITHIN} s: try make deploy ARGS=--dry") from None
    if done.returncode not in answers:
        raise Unasked(_why(done.stderr))
    return json.loads(done.stdout)


def _why(output: str) -> str:
    """The end of what pyinfra said, without what stands around it: what was refused, and why."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [re.sub(r"^--> pyinfra error.*?: ", "", line.strip()) for line in plain.splitlines()]
    lines = [line for line in lines if line]
    first = next((n for n, line in enumerate(lines) if "nothing was touched" in line), len(lines))
    return "\n".join(lines[first:] or lines[-3:]) or "pyinfra ended without a word"


if __name__ == "__main__":
    sys.exit(main())
