"""/etc/hosts: our lines between two marks, and everybody else's as they are."""

from __future__ import annotations

from dataclasses import replace

from pyinfra import host

from facts.asking import ask
from facts.files import Content, Paths, PathState
from operations import Commands, operation, tell
from operations.files import File

BEGINS = "# The platform's own lines begin: each run replaces them; write yours below."
ENDS = "# The platform's own lines end."
# Debian's installer and cloud-init have a machine's own name lead there.
OWN = "127.0.1.1"
HOSTS, TEMPLATE = "/etc/hosts", "/etc/cloud/templates/hosts.debian.tmpl"


@operation()
def entries(neighbours: File, own: str, template: str = "") -> Commands:
    """Have these lines at the top of a hosts file, and leave alone what others wrote into it.

    The first line for a name counts, and yet resolvers collect all of them: so a line of somebody
    else's that gives one of these names another address loses that name. `own` is the machine's.
    The same goes to `template`, of which cloud-init makes a new hosts file at each boot.
    """
    paths = [path for path in (neighbours.path, template) if path]
    found = ask(host, Paths, paths=paths)
    before = ask(host, Content, path=neighbours.path).splitlines()
    ours = _addresses(neighbours.content.splitlines())
    kept = []
    for line in _outside(before):
        left = _without(line, ours, own)
        if left != line:
            tell(f"{neighbours.path}: `{line.strip()}` no longer counts for the platform's names")
        kept += [left] if left is not None else []
    content = "\n".join([BEGINS, neighbours.content.rstrip(), ENDS, *kept, ""])
    for path in paths:
        wanted = replace(neighbours, path=path, content=content)
        yield from wanted.commands(found.get(path, PathState()))


@operation()
def remove_entries(own: str) -> Commands:
    """Have none of our lines in any hosts file; the others stay, and a machine knows itself."""
    found = ask(host, Paths, paths=[HOSTS, TEMPLATE])
    for path in (HOSTS, TEMPLATE):
        before = ask(host, Content, path=path).splitlines()
        if BEGINS not in before:
            continue
        kept = _outside(before)
        known = {name for line in kept for name in line.split("#")[0].split()[1:]}
        # As Debian's installer has them.
        itself = {"localhost": "127.0.0.1", own: OWN}
        added = [f"{address} {name}" for name, address in itself.items() if name not in known]
        yield from File(path, "\n".join([*added, *kept])).commands(found[path])


def _outside(lines: list[str]) -> list[str]:
    """The lines that stand outside of the marks; one mark alone marks nothing."""
    if BEGINS in lines and ENDS in lines[lines.index(BEGINS) :]:
        begins = lines.index(BEGINS)
        ends = lines.index(ENDS, begins)
        return lines[:begins] + lines[ends + 1 :]
    return [line for line in lines if line not in (BEGINS, ENDS)]


def _addresses(lines: list[str]) -> dict[str, str]:
    """The address of each name."""
    rows = [line.split("#")[0].split() for line in lines]
    others = [row for row in rows if row and row[0] not in ("127.0.0.1", "::1")]
    return {name: address for address, *names in others for name in names}


def _without(line: str, ours: dict[str, str], own: str) -> str | None:
    """The line without names that lead elsewhere; None where nothing is left of it."""
    address, *names = line.split("#")[0].split() or [""]
    wrong = [
        name
        for name in names
        if ours.get(name, address) != address and (address, name) != (OWN, own)
    ]
    if not wrong:
        return line
    left = [name for name in names if name not in wrong]
    return " ".join([address, *left]) if left else None
