"""Saved states: the machines' disks of one moment, and what else of the lab has to fit to them.

A state belongs to the checkout: addresses, host keys and tokens are the same in all its labs, so
any of them can be put back to it. The machines boot from it as after a power cut.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from lab import Lab, disk, machines, pool
from lab.lock import alone
from lab.machines import Machine
from lab.mirror import daemons
from lab.shell import CommandFailed, run

WITHIN = 60  # seconds for all disks to be written out, frozen and copied
# Two labs that came up in one second have files of one length and time, and other secrets in them.
RSYNC = ("rsync", "-a", "--ignore-times")
# Frozen all at once: no machine remembers what another one has not done. It goes through to its
# end whatever becomes of the caller, since processes of a frozen machine cannot even be killed.
COPY_FROZEN = """
target=$1; shift
thaw() { for place; do fsfreeze --unfreeze "$place/root" 2>/dev/null; done; :; }
trap 'thaw "$@"' EXIT
for place; do sync --file-system "$place/root" || exit; done
for place; do fsfreeze --freeze "$place/root" || exit; done
for place; do cp --reflink=always "$place/disk" "$target/${place##*/}" || exit; done
"""


def save(lab: Lab, name: str) -> None:
    """Remember the lab as it is now; its machines go on, with a pause of well under a second."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", name):
        raise ValueError(f"a state's name is 1 to 40 of a-z, 0-9, '.', '_' and '-'; got {name!r}")
    with pool.used(), _alone():
        pool.require_room()
        saved = machines.of(lab)
        if missing := [it.name for it in saved if not disk.is_made(lab, it.name)]:
            raise CommandFailed(f"{', '.join(missing)}: no disk to save; the verb 'up' makes it")
        for machine in saved:
            disk.attach(lab, machine.name)
        state = _path(name)
        unfinished, old = state.with_name("~unfinished"), state.with_name("~old")
        for left in (unfinished, old):
            shutil.rmtree(left, ignore_errors=True)
        (unfinished / "disks").mkdir(parents=True)
        for part, place in _beside(lab).items():
            _copy(place, unfinished / part)
        _copy_frozen(saved, unfinished / "disks")
        if state.exists():
            state.rename(old)
        unfinished.rename(state)
        shutil.rmtree(old, ignore_errors=True)


def back(lab: Lab, name: str, only: Sequence[str] = ()) -> None:
    """Put machines, all or those named, back to a saved state, and wait until they answer on ssh.

    Their power is cut. What fits to all disks together (secrets, kubeconfigs, what GitLab knows)
    comes back with all of them.
    """
    put(lab, name, only)
    machines.at_once(Machine.power_on, machines.of(lab, only))


def put(lab: Lab, name: str, only: Sequence[str] = ()) -> None:
    """Like `back`, and leave the machines off."""
    chosen = machines.of(lab, only)
    with pool.used(), _alone():
        disks = _known(name) / "disks"
        saved = {path.name for path in disks.iterdir()}
        if missing := [it.name for it in chosen if it.name not in saved]:
            raise ValueError(f"the state {name!r} has no {', '.join(missing)}")
        if only and _secrets(lab.secrets) != _secrets(_path(name) / "secrets.env"):
            raise ValueError(
                f"this lab's secrets are not those of the state {name!r}: put all machines back"
            )
        pool.require_room()

        machines.at_once(Machine.scrap, chosen)  # all of them, before one has the new disk
        if not only:
            for part, place in _beside(lab).items():
                _copy(_path(name) / part, place)
        for machine in chosen:
            disk.put(lab, machine.name, disks / machine.name)


def exists(name: str) -> bool:
    """Whether there is a state of that name."""
    return name in known()


def known() -> list[str]:
    """The names of all states, in the order in which they were saved."""
    with pool.used():
        found = (path for path in pool.states().glob("[!~]*"))
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime)]


def forget(name: str) -> None:
    """Remove a state, if it is there."""
    with pool.used(), _alone():
        if _path(name).exists():
            shutil.rmtree(_path(name))


def _copy_frozen(saved: Sequence[Machine], target: Path) -> None:
    places = [str(pool.of(machine.lab) / machine.name) for machine in saved]
    script = ("sh", "-c", COPY_FROZEN, "save", str(target), *places)
    words = ("setsid", "--wait", "timeout", str(WITHIN), *pool.outside_words(*script))
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"the machines' disks could not be copied: {done.stderr.strip()}")


def _beside(lab: Lab) -> dict[str, Path]:
    """What fits to the disks of all machines, by its name in a state."""
    return {
        "secrets.env": lab.secrets,
        "kubeconfig": lab.fetched / "kubeconfig",
        "kubeconfig-ci": lab.fetched / "kubeconfig-ci",
        "gitlab": daemons.state(lab) / "gitlab",
    }


def _copy(source: Path, target: Path) -> None:
    """Make `target` what `source` is, if only gone; programs that have it open go on."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        run(*RSYNC, "--delete", f"{source}/", f"{target}/")
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        run(*RSYNC, source, target)
    elif target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _secrets(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _path(name: str) -> Path:
    return pool.states() / name


def _known(name: str) -> Path:
    if not _path(name).is_dir() or name[:1] == "~":
        raise ValueError(f"no state named {name!r}; there are: {', '.join(known()) or 'none'}")
    return _path(name)


def _alone() -> AbstractContextManager[None]:
    return alone(pool.states() / "~lock", "another command that saves or puts back a state")
