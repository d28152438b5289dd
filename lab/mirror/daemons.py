"""The mirror's programs: started once, found again by later commands, ended one by one."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lab import Lab, outer
from lab.mirror import root
from lab.shell import CommandFailed

WITHIN = 15  # seconds that a program has to start or to end
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - configuration files, not HTML
)
LISTENING = {"tcp": "0A", "udp": "07"}  # the kernel's words, in the fourth column of /proc/net/tcp
# The process says itself who it is, before it becomes the program: a start that is killed half-way
# leaves nothing running that the next one does not know.
REMEMBER = """
printf '[%d, "%s", "%s"]' $$ "$(cut -d ' ' -f 22 /proc/$$/stat)" "$1" > "$0"
shift
exec "$@"
"""


class DidNotStart(CommandFailed):
    """A program of the mirror ended at its start, or does not answer; with its last words."""


@dataclass(frozen=True)
class Daemon:
    """One program of one lab's mirror."""

    name: str
    command: tuple[str, ...]  # inside the tree
    config: str  # becomes <name>.conf in the state directory
    binds: Mapping[str, Path]  # see root.inside
    ready: Callable[[int], bool]  # whether the process of this id does its work
    outside: bool = False  # in the outer machine's network instead of the lab's
    leaves: tuple[str, ...] = field(default=())  # what stops a next start if it was killed
    tree: Path | None = None  # a Debian of its own instead of the mirror's


def state(lab: Lab) -> Path:
    """Where the mirror of this lab keeps what is the lab's own."""
    return lab.state / "mirror"


def rendered(template: str, **values: object) -> str:
    """A configuration file from its template."""
    return TEMPLATES.get_template(template).render(values)


def has_file(path: Path) -> Callable[[int], bool]:
    """A program is ready when `path` is there."""
    return lambda _: path.exists()


def listens(protocol: str, port: int) -> Callable[[int], bool]:
    """A program is ready when it is the one that listens on `port`."""

    def ready(pid: int) -> bool:
        lines = Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]
        listeners = {
            f"socket:[{inode}]"
            for _, local, _, status, _, _, _, _, _, inode, *_ in map(str.split, lines)
            if int(local.partition(":")[2], 16) == port and status == LISTENING[protocol]
        }
        own = {str(opened.readlink()) for opened in Path(f"/proc/{pid}/fd").iterdir()}
        return not listeners.isdisjoint(own)

    return ready


def start(lab: Lab, tree: Path, daemon: Daemon) -> None:
    """Start it, unless it runs as it should; one that runs differently is started anew."""
    known = _known(lab, daemon.name)
    tree = daemon.tree or tree
    identity = _identity(tree, daemon)
    if known and known.identity == identity:
        return
    stop(lab, daemon.name)
    here = state(lab)
    (here / f"{daemon.name}.conf").write_text(daemon.config)
    for name in daemon.leaves:
        (here / name).unlink(missing_ok=True)
    # By name in either case: whoever starts it may stand in the lab's network.
    network = outer.namespace("net") if daemon.outside else f"/run/netns/{lab.netns}"
    words = ["nsenter", f"--net={network}", *root.inside(tree, *daemon.command, binds=daemon.binds)]
    remember = ("sh", "-c", REMEMBER, str(here / f"{daemon.name}.pid"), identity)
    with (here / f"{daemon.name}.out").open("w") as output:
        # A session of its own: it outlives the command, and the terminal, that started it.
        process = subprocess.Popen(
            [*remember, *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            if daemon.ready(process.pid):
                return
        time.sleep(0.02)
    stop(lab, daemon.name)
    printed = (here / f"{daemon.name}.out").read_text().strip().splitlines()[-5:]
    raise DidNotStart(
        f"the mirror's {daemon.name} did not start: {' / '.join(printed) or 'no word'}"
    )


def stop(lab: Lab, name: str) -> None:
    """End it, if it runs, and wait until it has ended."""
    known = _known(lab, name)
    if known:
        with suppress(ProcessLookupError):
            os.kill(known.pid, signal.SIGTERM)
        deadline = time.monotonic() + WITHIN
        while known.lives():
            if time.monotonic() > deadline:
                # Its own session: the number is the group's, and nobody else is in that group.
                os.killpg(known.pid, signal.SIGKILL)
            time.sleep(0.02)
    (state(lab) / f"{name}.pid").unlink(missing_ok=True)


def is_running(lab: Lab, name: str) -> bool:
    """Whether it runs."""
    return _known(lab, name) is not None


@dataclass(frozen=True)
class _Process:
    """A process that was started here: its id alone may be somebody else's by now."""

    pid: int
    born: str
    identity: str

    def lives(self) -> bool:
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # a child of ours stays as a zombie until then
        return self.born != "" and _born(self.pid) == self.born


def _known(lab: Lab, name: str) -> _Process | None:
    try:
        process = _Process(*json.loads((state(lab) / f"{name}.pid").read_text()))
    except (FileNotFoundError, json.JSONDecodeError):  # never started, or ended before it was
        return None
    return process if process.lives() else None


def _born(pid: int) -> str:
    """When the process started, in clock ticks since boot; empty when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    status, *rest = stat.rpartition(")")[2].split()
    return "" if status == "Z" else rest[18]


def _identity(tree: Path, daemon: Daemon) -> str:
    """What the program is started with; another one means that it has to be started anew."""
    what = (str(tree), daemon.command, daemon.config, sorted(map(str, daemon.binds.values())))
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]
