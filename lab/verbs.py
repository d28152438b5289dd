"""What one can ask of a lab; each verb is safe to repeat, also after it was interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

from lab import CHECKOUT, Lab, cgroups, machines, network, outer, pool, ways_in
from lab.lock import alone
from lab.machines import Machine
from lab.progress import console, step
from lab.shell import CommandFailed
from lab.together import together
from spec.secrets import make_missing


def everything(lab: Lab, arguments: Sequence[str]) -> int:
    """From nothing to a running platform: up, deploy, status, and where to find it."""
    for verb in (up, deploy, status):
        failed = verb(lab, arguments if verb is deploy else ())
        if failed:
            return failed
    ways_in.show(lab)
    return 0


def up(lab: Lab, arguments: Sequence[str]) -> int:
    """Build what is missing, start what is off, wait until every machine answers on ssh."""
    return _up(lab, lambda: None)


def _up(lab: Lab, place_disks: Callable[[], None]) -> int:
    def make_disks() -> None:
        place_disks()
        machines.prepare(lab)

    outer.prepare()
    with _alone(lab):
        mirror = _mirror()
        network.is_up(lab)  # another checkout's lab is refused before an hour of building
        make_missing(lab.secrets)
        network.build(lab)
        together(mirror.build, make_disks)
        mirror.start(lab)
        with step("Boot the machines"):
            machines.at_once(Machine.power_on, machines.of(lab))
    for line in mirror.stand_ins():
        console.print(f"  {line}")
    ways_in.show_addresses(lab)
    return 0


def deploy(lab: Lab, arguments: Sequence[str]) -> int:
    """Run pyinfra with the lab's settings; further arguments are pyinfra's."""
    inventory, *settings = lab_settings()
    yes = () if "--dry" in arguments else ("-y",)  # with it nothing is planned
    return _as_operator(lab, "pyinfra", inventory, "deploy.py", *yes, *settings, *arguments)


def test(lab: Lab, arguments: Sequence[str]) -> int:
    """The read-only tests against the lab's machines; further arguments are pytest's."""
    live = ("tests/live", "--inventory", *lab_settings())
    return _as_operator(lab, "python", "-m", "pytest", *live, *arguments)


def status(lab: Lab, arguments: Sequence[str]) -> int:
    """Every gate of the platform, as it stands now."""
    return _as_operator(lab, "python", "-m", "operate.status", *lab_settings(), *arguments)


def reboot(lab: Lab, arguments: Sequence[str]) -> int:
    """Reboot the machines named, or all, from inside; wait until they are back."""
    return _each(lab, arguments, "Reboot", Machine.reboot)


def power_on(lab: Lab, arguments: Sequence[str]) -> int:
    """Start the machines named, or all."""
    return _each(lab, arguments, "Power on", Machine.power_on)


def power_off(lab: Lab, arguments: Sequence[str]) -> int:
    """Shut the machines named, or all, down cleanly."""
    return _each(lab, arguments, "Power off", Machine.power_off)


def cut(lab: Lab, arguments: Sequence[str]) -> int:
    """Cut the power of the machines named, or of all."""
    return _each(lab, arguments, "Cut the power of", Machine.cut)


def save(lab: Lab, arguments: Sequence[str]) -> int:
    """Save the lab's state under a name, in milliseconds; its machines go on."""
    from lab import states

    if len(arguments) != 1:
        raise ValueError("save: under which name?")
    _require(lab)
    with _alone(lab), step(f"Save the state {arguments[0]}"):
        states.save(lab, arguments[0])
    return 0


def back(lab: Lab, arguments: Sequence[str]) -> int:
    """Put the lab, or the machines named after it, back to a saved state, and boot it."""
    from lab import states

    if not arguments:
        raise ValueError(f"back: to which state? There are: {', '.join(states.known()) or 'none'}")
    name, *only = arguments

    def place_disks() -> None:
        with step(f"Put back the state {name}"):
            states.put(lab, name, only)

    return _up(lab, place_disks)


def shell(lab: Lab, arguments: Sequence[str]) -> int:
    """A shell on a machine, or a command there; without a machine, a shell in the lab's network."""
    if not arguments:
        return _as_operator(lab, os.environ.get("SHELL") or "/bin/sh")
    _require(lab)
    (machine,) = machines.of(lab, arguments[:1])
    return _with_terminal(machine.ssh_command(*arguments[1:]), CHECKOUT)


def execute(lab: Lab, arguments: Sequence[str]) -> int:
    """A command in the lab's network, where the caller stands."""
    if not arguments:
        raise ValueError("exec: which command?")
    return _as_operator(lab, *arguments, directory=Path.cwd())


def down(lab: Lab, arguments: Sequence[str]) -> int:
    """Shut everything down and leave nothing running; the machines' disks stay."""
    with _alone(lab):
        network.is_up(lab)
        with step("Power off the machines"):
            machines.at_once(Machine.power_off, machines.ever(lab))
            machines.at_once(Machine.put_away, machines.ever(lab))
        _mirror().stop(lab)
        network.remove(lab)
        cgroups.remove(lab.netns)
        pool.leave()
    return 0


def clean(lab: Lab, arguments: Sequence[str]) -> int:
    """Take the lab down and remove all that is its own; shared keys and the cache stay."""
    down(lab, ())
    with step("Remove the machines' disks"):
        pool.forget(lab)
        shutil.rmtree(lab.state)
    return 0


INTERRUPTED = 130  # the exit status of what Ctrl-C has ended
VERBS: dict[str, Callable[[Lab, Sequence[str]], int]] = {
    "up": up,
    "deploy": deploy,
    "status": status,
    "test": test,
    "reboot": reboot,
    "shell": shell,
    "exec": execute,
    "power-off": power_off,
    "power-on": power_on,
    "cut": cut,
    "save": save,
    "back": back,
    "down": down,
    "clean": clean,
}


def lab_settings() -> tuple[str, ...]:
    """The inventory, the shipped one unless there are more workers, and the lab's settings."""
    shipped = machines.addresses() == machines.ADDRESSES
    inventory = "inventory.py" if shipped else "lab/inventory.py"
    return (inventory, "--group-data", "lab/group_data")


def _mirror() -> ModuleType:
    from lab import mirror  # its builders are not needed to log in or to reboot

    return mirror


def _require(lab: Lab) -> None:
    if not network.is_up(lab):
        raise CommandFailed(f"the lab {lab.name!r} is not up; start it with the verb 'up'")


def _as_operator(lab: Lab, *command: str, directory: Path = CHECKOUT) -> int:
    """Run a command in the lab's network with this terminal; returns its exit status."""
    _require(lab)
    environment = network.operator_environment(lab)
    return _with_terminal((*network.as_operator(lab), *command), directory, environment)


def _with_terminal(
    words: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None
) -> int:
    """Run a command that decides itself what Ctrl-C means, and that ends when this process does."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        mortal = ("setpriv", "--pdeathsig", "KILL", *words)
        status = subprocess.call(mortal, cwd=directory, env=environment)
    finally:
        signal.signal(signal.SIGINT, before)
    # pyinfra, which was asked to end, says that all went well.
    return status or (INTERRUPTED if pressed else 0)


def _each(lab: Lab, names: Sequence[str], what: str, action: Callable[[Machine], None]) -> int:
    chosen = machines.of(lab, names)
    _require(lab)
    with step(f"{what} {', '.join(machine.name for machine in chosen)}"):
        machines.at_once(action, chosen)
    return 0


def _alone(lab: Lab) -> AbstractContextManager[None]:
    """Hold the lab's lock, so that two commands do not build or remove it at once."""
    return alone(lab.state / "lock", f"another command of the lab {lab.name!r}")
