"""What a machine brings: one command asks all of it, side by side, before anything is touched.

To start a program costs a machine more than all that its shell does by itself: a question has one
AWK for whatever it reads, and starts what takes long only where that can say something new.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from facts.probe import kernel, names, others, overrides, packages, programs, system, ways_in
from facts.probe.kernel import Kernel
from facts.probe.names import Names
from facts.probe.others import Others
from facts.probe.overrides import Overrides
from facts.probe.packages import PackageState
from facts.probe.programs import Programs
from facts.probe.rows import Rows
from facts.probe.system import System
from facts.probe.ways_in import WaysIn
from facts.side_by_side import Answers

# What a login shell prints by itself stands before the one, and after the other.
BEGINS, MARK, ENDS = "probe: begins", "probe: is root", "probe: ends"
WITHIN = 20  # seconds for each question
# `sudo -n` fails instead of asking. "refused:" in front keeps pyinfra from asking at the terminal,
# which it does when a line says just that a password is required.
# sudo is asked once: what it says itself stands before the mark, and without that nobody is root.
AS_ROOT = r"""export LC_ALL=C LANGUAGE=
if [ "$(id -u)" = 0 ]; then root=; else root="sudo -H {ask}"; fi
# What comes before it need not end its line.
printf '\n%s\n' {begins!r}
{login}
exec 3>&1
said=$($root sh -c {asked} "$SSH_CONNECTION" 2>&1 >&3)
case $said in
  *{mark!r}*) said=${{said#*{mark!r}}} ;;
  *) set -f; echo refused: $said >&2; exit 1 ;;
esac
[ -z "$said" ] || printf '%s\n' "$said" >&2
echo {ends!r}
"""


@dataclass(frozen=True)
class Wanted:
    """What is asked about: it depends on the settings and on the machine's roles."""

    rooms: tuple[str, ...] = ()  # paths that something will be put under
    address: str = ""  # the machine's own on the node network
    virtual: str = ""  # the one that moves among control planes, of one of those
    path: str = ""  # where root finds programs, whatever sudo says of it


@dataclass(frozen=True)
class Probe:
    """A machine as it stands, by subject; the defaults are a bare one that has all it needs."""

    system: System = field(default_factory=System)
    others: Others = field(default_factory=Others)
    packages: PackageState = field(default_factory=PackageState)
    ways_in: WaysIn = field(default_factory=WaysIn)
    names: Names = field(default_factory=Names)
    kernel: Kernel = field(default_factory=Kernel)
    programs: Programs = field(default_factory=Programs)
    overrides: Overrides = field(default_factory=Overrides)
    asked: float = field(default_factory=time.time, compare=False)  # seconds since 1970, here

    @property
    def ahead(self) -> float:
        """Seconds that its clock is ahead of ours."""
        return self.system.clock - self.asked


class Misread(Exception):
    """What a machine answered cannot be understood; the message is a sentence for a person."""


def command(wanted: Wanted, askpass: str = "") -> str:
    """Shell that asks everything, as the login user; `askpass` is the program that sudo may ask."""
    questions = [
        system.question(wanted.rooms),
        others.question(),
        packages.question(),
        names.question(),
        kernel.question(wanted.address, wanted.virtual),
        ways_in.question(),
        programs.question(),
        overrides.question(),
    ]
    path = f"export PATH={wanted.path}; " if wanted.path else ""
    return AS_ROOT.format(
        ask="-A -k" if askpass else "-n",
        begins=BEGINS,
        mark=MARK,
        ends=ENDS,
        login=ways_in.AS_LOGIN,
        # sudo may have a PATH of its own (secure_path) that lacks what root needs.
        asked=shlex.quote(
            f'echo {MARK!r} >&2; {path}export CAME="$0"; '
            f"{Answers().command(questions, within=WITHIN)}"
        ),
    )


def parse(lines: Sequence[str]) -> Probe:
    """From what that shell prints; raises Misread."""
    lines = [line.rstrip("\r") for line in lines]
    if BEGINS not in lines or ENDS not in lines:
        shown = " ".join(line.strip() for line in lines if line.strip())[:200]
        raise Misread(f"runs no command and says: {shown}" if shown else "runs no command")
    begins, ends = lines.index(BEGINS), lines.index(ENDS)
    login = [line for line in lines[begins + 1 : ends] if line.startswith("login ")]
    rest = [line for line in lines[begins + 1 : ends] if not line.startswith("login ")]
    noise = [line.strip() for line in (*lines[:begins], *lines[ends + 1 :])]
    try:
        is_, other, package, name, core, way, own, otherwise = (
            Rows(it.lines) for it in Answers().process(rest)
        )
        return Probe(
            system.parse(is_),
            others.parse(other),
            packages.parse(package),
            ways_in.parse(Rows(login), way, noise),
            names.parse(name),
            kernel.parse(core),
            programs.parse(own),
            overrides.parse(otherwise),
        )
    except (ValueError, LookupError) as error:
        raise Misread(f"answers what nobody understands ({error})") from None
