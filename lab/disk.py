"""A machine's disk: an image copied from the bare one, with what makes the machine itself.

A machine that was cut has on it what it had synced. One that was killed may leave a frozen or a
mounted disk; both are mended where it is next used.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import OPERATOR, Lab, keys, pool
from lab.network import PREFIX
from lab.shell import CommandFailed, run

INTERRUPTED = "less"  # small, harmless, and mended by `dpkg --configure -a`
SIZE = 40 << 30  # as the machine sees it; the image takes what is written
# A journal no larger than it has to be: its blocks are written round, so all of them take room.
# As a device: past the cache of the file system between, so that copies of one image share what is
# cached below it. That needs sectors as large as the blocks that they share.
DEVICE = ("losetup", "--find", "--show", "--direct-io=on", "--sector-size=4096")
FORMAT = ("mkfs.ext4", "-q", "-F", "-J", "size=64", "-E", "nodiscard,assume_storage_prezeroed=1")
# Without barriers, since the page cache of the outer machine is what this disk is made of: what a
# machine has synced is there, what it has not is not.
MOUNT = ("mount", "-o", "noatime,barrier=0,discard")
# ioctls of a file system: FITHAW of <linux/fs.h>, EXT4_IOC_SHUTDOWN of <linux/ext4.h>.
THAW, SHUTDOWN = 0xC0045878, 0x8004587D
WITHOUT_LOG = 2  # nothing is written any more


def root(lab: Lab, name: str) -> Path:
    """The machine's root directory, seen from the outer machine."""
    return lab.state / "machines" / name / "root"


def image(lab: Lab, name: str) -> Path:
    """The file that is the machine's disk."""
    return pool.of(lab) / name / "disk"


def is_made(lab: Lab, name: str) -> bool:
    """Whether the machine has a disk."""
    return root(lab, name).is_symlink() and image(lab, name).exists()


def make(lab: Lab, base: Path, name: str, address: str, interrupted: bool) -> None:
    """Make the machine's disk from the image `base`, unless it has one.

    `interrupted` leaves one package half-configured, as a power cut during an upgrade does.
    """
    if is_made(lab, name):
        return
    scrap(lab, name)
    unfinished = image(lab, name).with_name("making")
    pool.copy(base, unfinished)
    with mounted(unfinished, _place(lab, name)) as tree:
        _personalise(lab, tree, name, address)
        if interrupted:
            _interrupt_dpkg(tree)
    unfinished.rename(image(lab, name))


def put(lab: Lab, name: str, saved: Path) -> None:
    """Give the machine, which is off, a copy of the image `saved` as its disk."""
    scrap(lab, name)
    _place(lab, name)
    pool.copy(saved, image(lab, name))


def attach(lab: Lab, name: str) -> None:
    """Mount the machine's disk, unless it is."""
    place = _place(lab, name)
    if place.is_mount():
        thaw(lab, name)
    else:
        _mount(image(lab, name), place)


def lose(lab: Lab, name: str) -> None:
    """Take from the disk of a machine that was cut what it had not synced; then it is unmounted."""
    if not (pool.of(lab) / name / "root").is_mount():
        return
    _tell(lab, name, SHUTDOWN, WITHOUT_LOG)
    detach(lab, name)
    # A mount of a container's that the kernel has not cleared away yet is of the file before.
    pool.copy(image(lab, name), image(lab, name))


def detach(lab: Lab, name: str) -> None:
    """Unmount the disk of a machine that is off; whoever looks into it keeps it a while longer."""
    thaw(lab, name)
    _unmount(pool.of(lab) / name / "root")


def scrap(lab: Lab, name: str) -> None:
    """Take the disk of a machine that is off away; `make` makes another one."""
    thaw(lab, name)
    _tell(lab, name, SHUTDOWN, WITHOUT_LOG)  # what was not written yet need not be
    detach(lab, name)
    image(lab, name).unlink(missing_ok=True)


def thaw(lab: Lab, name: str) -> None:
    """End what a save that was killed may have left: a frozen disk, whose writers cannot die."""
    _tell(lab, name, THAW, 0)


def _tell(lab: Lab, name: str, request: int, word: int) -> None:
    """Ask something of the machine's file system, which refuses what it is not in a state for."""
    place = pool.of(lab) / name / "root"
    if place.is_mount():
        opened = os.open(place, os.O_RDONLY)
        try:
            with suppress(OSError):
                fcntl.ioctl(opened, request, word.to_bytes(4, sys.byteorder))
        finally:
            os.close(opened)


def format_image(path: Path) -> None:
    """Make an empty disk in the file `path`."""
    path.unlink(missing_ok=True)
    with path.open("w") as sparse:
        os.truncate(sparse.fileno(), SIZE)
    run(*FORMAT, path)


@contextmanager
def mounted(path: Path, place: Path) -> Iterator[Path]:
    """The tree of a disk that no machine has, at `place`; unmounted however the body ends."""
    place.mkdir(parents=True, exist_ok=True)
    _unmount(place)
    _mount(path, place)
    try:
        yield place
        # Whatever else is being made meanwhile may have mounts of its own, this one among them, and
        # keep it from being written out: a copy of the image would have empty files.
        pool.outside("sync", "--file-system", place)
    finally:
        _unmount(place)


def _place(lab: Lab, name: str) -> Path:
    """Where the machine's disk is mounted, with a link to it where one looks for it."""
    place, link = pool.of(lab) / name / "root", root(lab, name)
    place.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir() and not link.is_symlink():
        raise CommandFailed(
            f"{link} is a disk as labs had them before, a directory; remove it, and all of this"
            f" lab: python -m lab --name {lab.name} clean"
        )
    if not link.is_symlink() or link.readlink() != place:
        link.unlink(missing_ok=True)
        link.symlink_to(place)
    return place


def _mount(path: Path, place: Path) -> None:
    known = pool.devices(path)  # of a mount that was killed, or that somebody still looks into
    device = known[0] if known else pool.outside(*DEVICE, path).strip()
    pool.outside(*MOUNT, device, place)
    pool.outside("losetup", "--detach", device)  # now: when it is mounted no more


def _unmount(place: Path) -> None:
    if place.is_mount():
        pool.outside("umount", "--lazy", place)


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
