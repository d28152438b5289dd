"""Pasts: what a machine may bring that is no bare one, a file each in lab/pasts.

A file is shell that makes it of a bare machine, as root. Its first line says what it is; further
lines of its head are "# key: value":

    on        the machines that it is for
    from      who has met it
    refused   a part of the sentence that a run refuses it with, one line for each sentence
    noted     a part of what a run says when it takes it over
    then      shell that succeeds on the machines afterwards, as root
    alone     why nothing else can be seen on these machines beside it
    last      why it must be the last thing that happens to them
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.machines import Machine

FOLDER = Path(__file__).parent / "pasts"
README = Path(__file__).parent / "README.md"
TABLE = re.compile(r"(?s)(?<=<!-- pasts -->\n).*(?=<!-- end of pasts -->)")
KEYS = {"on", "from", "refused", "noted", "then", "alone", "last"}


@dataclass(frozen=True)
class Past:
    """What a machine brings, and what it gets."""

    name: str
    title: str
    head: dict[str, tuple[str, ...]]
    script: str

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of a key."""
        return self.head.get(key, ())

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that it is for."""
        return tuple(" ".join(self.all("on")).split())

    @property
    def is_refused(self) -> bool:
        """Whether a run refuses it; it is taken over otherwise."""
        return bool(self.all("refused"))

    @property
    def gets(self) -> str:
        """What it gets, for people."""
        return "; ".join(f"refused: {output}" for output in self.all("refused")) or "taken over"


def pasts() -> list[Past]:
    """All of them, by name, and those that must come last at the end."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.sh"))]
    return sorted(found, key=lambda past: bool(past.all("last")))


def _read(path: Path) -> Past:
    lines = path.read_text(encoding="utf-8").splitlines()
    head: dict[str, tuple[str, ...]] = {}
    for line in lines[1:]:
        if not (found := re.fullmatch(r"# (\w+): (.+)", line)):
            break
        head[found[1]] = (*head.get(found[1], ()), found[2])
    if unknown := head.keys() - KEYS:
        raise ValueError(f"{path}: unknown {', '.join(sorted(unknown))}")
    return Past(path.stem, lines[0].removeprefix("# "), head, "\n".join(lines))


def rounds(chosen: Iterable[Past]) -> list[list[Past]]:
    """Those that can be seen at once: what must be alone shares no machine with another one."""
    together: list[list[Past]] = [[]]
    for past in chosen:
        if past.all("alone"):
            taken = set(past.machines)
            later = (
                it for it in together[1:] if not taken & {name for p in it for name in p.machines}
            )
            if (place := next(later, None)) is None:
                together.append(place := [])
            place.append(past)
        else:
            together[0].append(past)
    return together


def put_on(machine: Machine, chosen: Sequence[Past]) -> None:
    """Have a machine be what these make of it, in their order, in one connection."""
    own = [past for past in chosen if machine.name in past.machines]
    parts = [f"( set -e\n{past.script}\n) || {{ echo {past.name} >&2; exit 1; }}" for past in own]
    script = "exec </dev/null\nexport DEBIAN_FRONTEND=noninteractive\n" + "\n".join(parts)
    (machine.root / "root/past.sh").write_text(f"{script}\nrm /root/past.sh\n")
    machine.ssh("sudo sh /root/past.sh")


def table() -> str:
    """What each past gets, as lab/README.md has it."""
    rows = ["| past | on | what a run does | met by |", "|---|---|---|---|"]
    for past in sorted(pasts(), key=lambda it: (not it.is_refused, it.name)):
        gets = past.gets.replace("|", "\\|")
        where, met = ", ".join(past.machines), "; ".join(past.all("from"))
        rows.append(f"| `{past.name}`: {past.title} | {where} | {gets} | {met} |")
    return "\n".join(rows)


if __name__ == "__main__":
    README.write_text(TABLE.sub(lambda _: f"{table()}\n", README.read_text()))
