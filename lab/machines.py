"""The lab's machines: what a person does to a real one with a power button and ssh."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from lab import Lab, base, cgroups, debian, disk, keeper, keys, network, pool
from lab.progress import step
from lab.shell import CommandFailed, run

ADDRESSES = {
    "vm-docker": "192.168.56.42",
    "vm-k8s": "192.168.56.43",
    "vm-worker": "192.168.56.44",
}
MORE_CONTROL = {"vm-k8s-2": "192.168.56.62", "vm-k8s-3": "192.168.56.63"}
VIRTUAL = "192.168.56.60"  # of the control plane, where CONTROL is said
MOST_WORKERS = 10
INTERRUPTED = "vm-k8s"  # the machine whose last upgrade was cut off
BOOT_WITHIN = 120  # seconds until sshd answers; other labs may boot at the same time
OFF_WITHIN = 20  # seconds for a clean power-off, then it is killed


@dataclass(frozen=True)
class Machine:
    """One machine of a lab."""

    lab: Lab
    name: str
    address: str

    @property
    def root(self) -> Path:
        """Its root directory, seen from the outer machine."""
        return disk.root(self.lab, self.name)

    @property
    def is_on(self) -> bool:
        """Whether it runs, boots or shuts down."""
        return keeper.is_on(self.lab, self.name)

    def ssh_command(self, *command: str, **extra: str) -> list[str]:
        """The words that run `command` on it as `admin`, or open a shell there without one.

        `more` are further options of ssh's.
        """
        options = {
            **extra,
            "BatchMode": "yes",
            "ConnectTimeout": "5",
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "LogLevel": "ERROR",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.lab.ssh / "known_hosts"),
        }
        words = [*network.inside(self.lab), "ssh", "-F", "/dev/null"]
        words += [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        return [*words, "-i", str(keys.client(self.lab)), f"admin@{self.address}", *command]

    def ssh(self, command: str, check: bool = True) -> str:
        """Run a shell command on it as `admin` (sudo asks nothing) and return what it prints.

        The connection stays open for the next one: a login costs more than most commands.
        """
        shared = {"ControlMaster": "auto", "ControlPersist": "30", "ServerAliveInterval": "5"}
        words = self.ssh_command(command, ControlPath=self._shared, **shared)
        return run(*words, ok=(0,) if check else range(256))

    @property
    def _shared(self) -> str:
        """Where that connection is; a socket's path must be short."""
        return str(network.OWNERS / f"{self.lab.name}.{self.name}")

    def _hang_up(self) -> None:
        """End that connection: one to a machine that is gone waits for an answer."""
        if Path(self._shared).is_socket():
            bye = ("ssh", "-F", "/dev/null", "-o", f"ControlPath={self._shared}", "-O", "exit")
            run(*bye, self.address, ok=range(256))

    def power_on(self) -> None:
        """Start it, unless it is on, and wait until sshd answers."""
        disk.thaw(self.lab, self.name)
        if not keeper.is_kept(self.lab, self.name):
            self._kill()  # a machine whose keeper was killed would not come back from a reboot
            with pool.used():
                disk.attach(self.lab, self.name)
            keeper.start(self.lab, self.name)
            _wait(lambda: self.is_on, 5)
        self.wait_for_ssh()

    def power_off(self) -> None:
        """Shut it down cleanly; kill it if that takes more than OFF_WITHIN seconds."""
        self._hang_up()
        pid = cgroups.leader(keeper.group(self.lab, self.name))
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGRTMIN + 4)
            _wait(lambda: not self.is_on, OFF_WITHIN)
        self._kill()

    def cut(self) -> None:
        """Take its power away: every process dies at once, and what was not synced is lost."""
        self._kill()
        disk.lose(self.lab, self.name)

    def _kill(self) -> None:
        """End every process of it at once; what it has written is still written out."""

        self._hang_up()
        disk.thaw(self.lab, self.name)

        def dead() -> bool:
            cgroups.kill(keeper.group(self.lab, self.name))
            return not self.is_on

        if not _wait(dead, 10):
            raise CommandFailed(f"{self.name}: a process survives SIGKILL; see {self._log}")

    def put_away(self) -> None:
        """Unmount the disk of a machine that is off; to power it on mounts it again."""
        disk.detach(self.lab, self.name)

    def scrap(self) -> None:
        """Kill it and take its disk away; `prepare` makes it a bare machine again."""
        self._kill()
        disk.scrap(self.lab, self.name)

    def reboot(self) -> None:
        """Reboot it from inside and wait until sshd answers again."""
        before = self._boot_id()
        self._hang_up()
        # The connection may break before it ends.
        run(*self.ssh_command("sudo systemctl reboot"), ok=range(256))
        self.wait_for_ssh(unlike=before)

    def wait_for_ssh(self, unlike: str = "") -> None:
        """Wait until a command runs over ssh, in another boot than `unlike`."""

        def answers() -> bool:
            if not self.is_on:
                raise CommandFailed(f"{self.name} went off while it booted; see {self._log}")
            with suppress(CommandFailed):
                return self._boot_id() != unlike
            return False

        if not _wait(answers, BOOT_WITHIN):
            raise CommandFailed(
                f"{self.name}: no answer on ssh within {BOOT_WITHIN} s; see {self._log}"
            )

    def _boot_id(self) -> str:
        return run(*self.ssh_command("cat /proc/sys/kernel/random/boot_id")).strip()

    @property
    def _log(self) -> Path:
        return self.lab.state / "logs" / f"{self.name}.log"


def of(lab: Lab, names: Sequence[str] = ()) -> list[Machine]:
    """The lab's machines, or those named; an unknown name is refused with the known ones."""
    known = addresses()
    for name in names:
        if name not in known:
            raise ValueError(f"{name}: no such machine; there are {', '.join(known)}")
    return [Machine(lab, name, known[name]) for name in names or known]


def ever(lab: Lab) -> list[Machine]:
    """Every machine that the lab has had, also workers that WORKERS no longer asks for."""
    known, folder = of(lab), lab.state / "machines"
    present = {path.name for path in folder.iterdir()} if folder.exists() else set()
    extra = sorted(present - {machine.name for machine in known})
    return [*known, *(Machine(lab, name, "") for name in extra)]


def addresses() -> dict[str, str]:
    """The shipped machines, and as many more as WORKERS and CONTROL ask for."""
    asked = os.environ.get("WORKERS") or "1"
    if not asked.isdecimal() or not 1 <= int(asked) <= MOST_WORKERS:
        raise ValueError(f"WORKERS={asked}: not a number from 1 to {MOST_WORKERS}")
    if (controls := os.environ.get("CONTROL") or "1") not in ("1", "3"):
        raise ValueError(f"CONTROL={controls}: a control plane is of 1 machine, or of 3")
    first = ip_address(ADDRESSES["vm-worker"])
    extra = range(2, int(asked) + 1)
    workers = {f"vm-worker-{number}": f"{first + number - 1}" for number in extra}
    return ADDRESSES | (MORE_CONTROL if controls == "3" else {}) | workers


def prepare(lab: Lab) -> None:
    """Make the disks and keys that are missing."""
    keys.known_hosts(lab, addresses())
    keys.client(lab)  # before the machines' threads, which would all make it at once
    with pool.used():
        pool.require_room()
        wanted = [machine for machine in of(lab) if not disk.is_made(lab, machine.name)]
        if not wanted:
            return
        images = {suite: base.build(suite) for suite in sorted(map(_suite, wanted))}

        def make(machine: Machine) -> None:
            interrupted = machine.name == INTERRUPTED
            disk.make(lab, images[_suite(machine)], machine.name, machine.address, interrupted)

        with step("Copy it to each machine"):
            at_once(make, wanted)


def _suite(machine: Machine) -> str:
    """The Debian that a machine runs: WORKER_SUITE says it of workers that are new."""
    asked = os.environ.get("WORKER_SUITE") or debian.SUITE
    if asked not in base.SUITES:
        raise ValueError(f"WORKER_SUITE={asked}: there are {', '.join(base.SUITES)}")
    return asked if machine.name.startswith("vm-worker") else debian.SUITE


def reset(lab: Lab) -> None:
    """Bring all machines back to bare, whatever was done to them."""
    at_once(Machine.scrap, of(lab))
    prepare(lab)
    at_once(Machine.power_on, of(lab))


def at_once(action: Callable[[Machine], object], machines: Sequence[Machine]) -> None:
    """Do one thing to several machines side by side; raises the first error after all ended."""
    with ThreadPoolExecutor(max_workers=len(machines)) as threads:
        list(threads.map(action, machines))


def _wait(condition: Callable[[], bool], within: float) -> bool:
    """Ask until `condition` holds; False when it does not within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
