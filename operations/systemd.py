"""Units on, units off for good; any number of them for one command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.systemd import Units, UnitState
from operations import Commands, operation


def main_pid(unit: str) -> str:
    """Shell that prints the main process id of a unit; nothing where it does not run."""
    return f"systemctl show --property=MainPID --value {unit} | grep -vx 0"


def masking(units: Sequence[str]) -> str:
    """Shell that masks units now and for good; one that somebody wrote by hand is set aside."""
    # `systemctl mask` refuses to put its link where a file is.
    return (
        f"for unit in {shlex.join(units)}; do file=/etc/systemd/system/$unit; "
        '[ ! -f "$file" ] || [ -L "$file" ] || mv -fT "$file" "$file.set-aside"; done; '
        f"systemctl daemon-reload && systemctl mask --now {shlex.join(units)}"
    )


@operation()
def enable(units: Sequence[str]) -> Commands:
    """Have these units run now and after every boot."""
    found = ask(host, Units, units=list(units))
    states = {unit: found.get(unit, UnitState()) for unit in units}
    if any(state.needs_reload or state.load == "not-found" for state in states.values()):
        yield StringCommand("systemctl daemon-reload")
    # What wants it may stand in the part of its file that is read only when it is enabled.
    changed = [u for u, state in states.items() if state.needs_reload and state.file == "enabled"]
    if changed:
        yield StringCommand(f"systemctl reenable {shlex.join(changed)}")
    asleep = [unit for unit, state in states.items() if state.file not in ("enabled", "static")]
    if asleep:
        yield StringCommand(f"systemctl enable {shlex.join(asleep)}")
    failed = [unit for unit, state in states.items() if state.active == "failed"]
    if failed:
        # One that failed too often in a short time is not started again without it.
        yield StringCommand(f"systemctl reset-failed {shlex.join(failed)}")
    down = [unit for unit, state in states.items() if not state.running]
    if down:
        yield StringCommand(f"systemctl start {shlex.join(down)}")


@operation()
def mask(units: Sequence[str]) -> Commands:
    """Have these units stopped, and so masked that nothing starts or enables them again."""
    found = ask(host, Units, units=list(units))
    states = {unit: found.get(unit, UnitState()) for unit in units}
    # Stop first: a timer that is masked while it waits ends as failed. The order of the names is
    # the order of stopping, so timers that would start a service stand before it.
    up = [unit for unit, state in states.items() if state.active not in ("inactive", "failed")]
    if up:
        yield StringCommand(f"systemctl stop {shlex.join(up)}")
    free = [unit for unit, state in states.items() if state.load != "masked"]
    if free:
        yield StringCommand(masking(free))
    failed = [unit for unit, state in states.items() if state.active == "failed"]
    if failed:
        yield StringCommand(f"systemctl reset-failed {shlex.join(failed)}")


@operation()
def unmask(units: Sequence[str]) -> Commands:
    """Have these units free to run again as their packages have it; those that do at boot run."""
    found = ask(host, Units, units=list(units))
    masked = [unit for unit, state in found.items() if state.load == "masked"]
    if masked:
        names = shlex.join(masked)
        yield StringCommand(
            f"systemctl unmask {names}; for unit in {names}; do file=/etc/systemd/system/$unit; "
            '[ ! -e "$file.set-aside" ] || mv -fT "$file.set-aside" "$file"; done; '
            f"systemctl daemon-reload; for unit in {names}; do "
            '[ "$(systemctl is-enabled "$unit" 2>/dev/null)" != enabled ] ||'
            ' systemctl start "$unit" || exit; done'
        )


@operation()
def disable(units: Sequence[str]) -> Commands:
    """Have none of these units running, or started at boot; their files are left."""
    found = ask(host, Units, units=list(units))
    states = {unit: found.get(unit, UnitState()) for unit in units}
    present = [unit for unit, state in states.items() if state.running or state.file == "enabled"]
    if present:
        yield StringCommand(f"systemctl disable --now {shlex.join(present)}")
