"""A machine's disk: a copy of the bare image with what makes the machine itself."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from lab import OPERATOR, Lab, keys
from lab.network import PREFIX
from lab.shell import MORTAL, run

INTERRUPTED = "less"  # small, harmless, and mended by `dpkg --configure -a`


def make(lab: Lab, base: Path, root: Path, name: str, address: str, interrupted: bool) -> None:
    """Make `root` from `base`, unless it is there; a copy that was killed is taken up again.

    `interrupted` leaves one package half-configured, as a power cut during an upgrade does.
    """
    if root.exists():
        return
    unfinished = _unfinished(root)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    run(*MORTAL, "rsync", "-aHAX", "--numeric-ids", "--delete", f"{base}/", unfinished)
    _personalise(lab, unfinished, name, address)
    if interrupted:
        _interrupt_dpkg(unfinished)
    unfinished.rename(root)


def scrap(root: Path) -> None:
    """Take a disk out of use; `make` mends it, by copying only what was changed on it.

    Not removed: ext4 is many times slower at making files where it has just removed some.
    """
    if root.exists():
        if _unfinished(root).exists():
            shutil.rmtree(_unfinished(root))
        root.rename(_unfinished(root))


def _unfinished(root: Path) -> Path:
    return root.with_name(f"{root.name}.unfinished")


def _personalise(lab: Lab, root: Path, name: str, address: str) -> None:
    (root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    seed = root / "var/lib/cloud/seed/nocloud/meta-data"
    seed.write_text(f"instance-id: {lab.name}-{name}\n")
    network = root / "etc/systemd/network/10-host0.network"
    network.write_text(
        "[Match]\nName=host0\n\n"
        f"[Network]\nAddress={address}/{PREFIX}\nGateway={OPERATOR}\n"
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )
    host_key = keys.host(lab, name)
    for half in (host_key, host_key.with_suffix(".pub")):
        shutil.copy(half, root / "etc/ssh" / half.name)
    home = root / "home/admin"
    authorized = home / ".ssh/authorized_keys"
    authorized.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(keys.client(lab).with_suffix(".pub"), authorized)
    authorized.chmod(0o600)
    owner = home.stat()
    for path in (authorized.parent, authorized):
        shutil.chown(path, owner.st_uid, owner.st_gid)


def _interrupt_dpkg(root: Path) -> None:
    """Half-configure one package, in dpkg's database and in its journal of unfinished work.

    The journal is what makes apt refuse to work until `dpkg --configure -a` has run.
    """
    database = root / "var/lib/dpkg/status"
    stanzas = database.read_text().split("\n\n")
    chosen = next(
        n for n, text in enumerate(stanzas) if text.startswith(f"Package: {INTERRUPTED}\n")
    )
    stanzas[chosen] = stanzas[chosen].replace(
        "Status: install ok installed", "Status: install ok half-configured"
    )
    database.write_text("\n\n".join(stanzas))
    (root / "var/lib/dpkg/updates/0000").write_text(f"{stanzas[chosen]}\n")
