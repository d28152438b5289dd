"""The disk of a bare machine: Debian as a cloud image leaves it, and a little dirty."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import time
from pathlib import Path

from lab import cache, debian, disk, outer, pool
from lab.lock import alone
from lab.progress import step
from lab.shell import MORTAL, run

FILES = Path(__file__).parent / "files"
PACKAGES = (
    "apt-utils",
    "ca-certificates",
    "cloud-init",
    "cron",
    "dbus",
    "fdisk",
    "iproute2",
    "iputils-ping",
    "kmod",
    "less",
    "libpam-systemd",
    "needrestart",
    "netbase",
    "openssh-server",
    "procps",
    "python3-apt",
    "sudo",
    "systemd-sysv",
    "udev",  # without it systemd-networkd waits for ever once /sys is writable
    "unattended-upgrades",
)
SUITES = (debian.SUITE, "bookworm")
MASKED = (  # what belongs to hardware or to a console that a machine here does not have
    "console-getty.service",
    "getty@tty1.service",
    "fstrim.timer",
    "systemd-pstore.service",
)


def build(suite: str = debian.SUITE) -> Path:
    """The disk of a bare machine of one of SUITES, as an image, built unless the pool has it."""
    bases = pool.path() / "base"
    image = bases / f"{_identity(suite)}.img"
    with alone(bases / "lock", "another lab, which builds the same image"):
        if not image.exists():
            with step(f"Build the image of a bare Debian machine, {suite}"):
                unfinished = bases / "unfinished"
                disk.format_image(unfinished)
                with disk.mounted(unfinished, bases / "root") as root:
                    _bootstrap(root, suite)
                    _finish(root, suite)
                unfinished.rename(image)
        os.utime(image)
        _forget_unused(bases)
    return image


def _forget_unused(bases: Path) -> None:
    """Remove the images that no lab has asked for in a week."""
    for old in bases.glob("*.img"):
        if old.stat().st_mtime < time.time() - 7 * 24 * 3600:
            old.unlink()


def _identity(suite: str) -> str:
    """What the image is built from, as one short word."""
    inputs = (debian.archive(), suite, os.uname().release, disk.FORMAT)
    known = hashlib.sha256(repr(inputs).encode())
    code = (Path(__file__), Path(disk.__file__))
    for source in sorted([*code, *(FILES / "machine").rglob("*"), FILES / "modules"]):
        if source.is_file():
            known.update(f"{source.relative_to(FILES.parent)}\0".encode())
            known.update(source.read_bytes())
    return known.hexdigest()[:16]


def _bootstrap(root: Path, suite: str) -> None:
    """Debian with PACKAGES, straight from this machine's own archive; packages stay cached."""
    archives = cache() / "apt-archives"
    archives.mkdir(parents=True, exist_ok=True)
    inside = "/var/cache/apt/archives"
    run(
        *MORTAL,
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--skip=download/empty,essential/unlink",
        f'--setup-hook=mkdir -p "$1{inside}"',
        f"--setup-hook=sync-in {archives} {inside}",
        f"--customize-hook=sync-out {inside} {archives}",
        f"--include={','.join(PACKAGES)}",
        suite,
        root,
        "-",
        stdin="\n".join(debian.sources(suite)),
        timeout=1800,
    )


def _finish(root: Path, suite: str) -> None:
    """What a person or an installer did to the machine before the platform comes."""
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    for made in (*root.glob("etc/ssh/ssh_host_*"), *root.glob("var/cache/apt/archives/*.deb")):
        made.unlink()
    for name in ("etc/resolv.conf", "etc/hostname"):  # mmdebstrap copies the outer machine's
        (root / name).unlink(missing_ok=True)
    _copy_files(root)
    sources = root / "etc/apt/sources.list.d/debian.sources"
    sources.write_text(sources.read_text().replace(debian.SUITE, suite))
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", "admin")
    run("chroot", root, "systemctl", "enable", "systemd-networkd.service")
    run("chroot", root, "systemctl", "mask", *MASKED)
    swap = root / "swap.img"
    swap.write_bytes(bytes(1 << 20))
    swap.chmod(0o600)
    run("mkswap", swap)
    if not outer.modules().is_dir():
        _answer_modprobe(root)


def _copy_files(root: Path) -> None:
    """Everything under files/machine, to the same path; git knows no modes but 'executable'."""
    tree = FILES / "machine"
    for source in sorted(path for path in tree.rglob("*") if path.is_file()):
        target = root / source.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    (root / "etc/sudoers.d/admin").chmod(0o440)


def _answer_modprobe(root: Path) -> None:
    """Let modprobe find what is built into this kernel, which has no directory of modules."""
    configured = gzip.decompress(Path("/proc/config.gz").read_bytes()).decode()
    directory = root / outer.modules().relative_to("/")
    directory.mkdir(parents=True)
    with (directory / "modules.builtin").open("w") as builtin:
        for line in (FILES / "modules").read_text().splitlines():
            option, module = line.split()
            if f"\nCONFIG_{option}=y\n" in configured:
                builtin.write(f"{module}\n")
    (directory / "modules.order").touch()
    run("chroot", root, "depmod", os.uname().release)
