"""Show each machine's host key, and record what a person has compared (`make trust`)."""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import logging
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pyinfra.api.exceptions import ConnectError
from pyinfra.api.host import Host

import host_keys
from host_keys import Seen
from operate import arguments

QUESTION = "Were they compared on each machine's console, and are all the same? [y/N] "


def main() -> int:
    """Show, ask, record; 1 while a machine has no key that is known, 2 for a wrong inventory."""
    parser = arguments.parser("make trust", __doc__)
    parser.add_argument("-y", action="store_true", help="they were compared: do not ask")
    options = parser.parse_args()
    logging.disable(logging.ERROR)  # pyinfra's complaint of each key is our table
    try:
        with reach.machines(options.inventory, options.group_data, options.limit) as hosts:
            shown = reach.on_each(hosts, _shown)
    except reach.PyinfraError as refused:
        print(refused, file=sys.stderr)
        return 2
    for host, seen in shown.items():
        print(f"{host.name:<12} {_told(seen)}")
    return _settle([seen for seen in shown.values() if seen], options.y) or int(
        None in shown.values()
    )


def _shown(host: Host) -> Seen | None:
    """What a machine shows; it is sent nothing but a key, where its own is the known one."""
    host_keys.expect(host)
    with suppress(ConnectError):  # what it showed before counts
        host.connector.connect()
    return host_keys.seen(host)


def _told(seen: Seen | None) -> str:
    if seen is None:
        return "does not answer on SSH: is it on, and is the address right?"
    now = f"{seen.name}  {seen.key.get_name()}  {seen.key.fingerprint}"
    if seen.is_known:
        return f"{now}  known"
    if seen.known:
        return f"{now}  CHANGED: it was {seen.known.fingerprint}"
    return f"{now}  new"


def _settle(seen: Sequence[Seen], compared: bool) -> int:
    strangers = [one for one in seen if not one.is_known]
    for one in strangers:
        if one.in_inventory:
            print(f"{one.machine}: {one.refusal}", file=sys.stderr)
    recorded = [one for one in strangers if not one.in_inventory]
    if recorded:
        for command in sorted({one.on_console for one in recorded}):
            print(f"\nOn the console of a machine: {command}")
        if not (compared or _yes()):
            print("Nothing was recorded.", file=sys.stderr)
            return 1
        for one in recorded:
            record(one)
        print(f"Recorded in {', '.join(sorted({str(one.file) for one in recorded}))}.")
    return int(len(recorded) < len(strangers))


def _yes() -> bool:
    try:
        return input(QUESTION).strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def record(seen: Seen) -> None:
    """Write a key into known_hosts, in place of what the machine had there."""
    file = seen.file
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    if seen.known:
        # It knows the names that are hashed; its copy of what was there is beside it, as `.old`.
        forget = ("ssh-keygen", "-R", seen.name, "-f", str(file))
        subprocess.run(forget, check=True, capture_output=True)
    _append(file, f"{seen.name} {seen.line}\n")


def _append(file: Path, line: str) -> None:
    ended = not file.stat().st_size or file.read_bytes().endswith(b"\n")
    with file.open("a") as listed:
        listed.write(line if ended else f"\n{line}")


if __name__ == "__main__":
    sys.exit(main())
