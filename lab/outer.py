"""What the outer machine must have before a lab can stand on it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.progress import step
from lab.shell import run

PACKAGES = {  # a command that the lab uses: the Debian package that has it, and what that needs
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "losetup": "mount",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.xfs": "xfsprogs",
    "mkswap": "util-linux",
    "nsenter": "util-linux",
    "rsync": "rsync",
    "age": "age",  # what an operator's computer needs for a backup
    "setpriv": "util-linux",
}
# What a visitor's browser is in tests, and what tells it whom to trust.
BROWSER = {"chromium": "chromium fonts-dejavu-core", "certutil": "libnss3-tools"}
# The machines share the kernel's limits for one user, root; three systemds, dockerds and kubelets
# need more than one machine's share.
LIMITS = {
    "fs/inotify/max_user_instances": 8192,
    "fs/inotify/max_user_watches": 524288,
    "kernel/keys/maxkeys": 10000,
}
# Names the process that has put a command into a lab's network, and waits outside for its end.
OUTSIDE = "LAB_OUTSIDE"
MODULES = ("overlay", "br_netfilter", "bridge", "veth", "vxlan", "tun", "fuse", "ip_vs")


class NoLabHere(Exception):
    """This machine cannot carry a lab; the message says why."""


def check() -> None:
    """Raise NoLabHere unless this is Linux and the caller is root."""
    if sys.platform != "linux":
        raise NoLabHere("the lab needs Linux: its machines are systemd-nspawn containers")
    if os.geteuid() != 0:
        raise NoLabHere("the lab needs root: it makes network namespaces and boots machines")


def prepare() -> None:
    """Install the Debian packages that are missing and raise kernel limits that are too low."""
    install(PACKAGES)
    for name, least in LIMITS.items():
        limit = Path("/proc/sys") / name
        if int(limit.read_text()) < least:
            limit.write_text(str(least))
    if modules().is_dir():
        for module in MODULES:  # a machine's modprobe may be too late: its namespaces exist already
            run("modprobe", "--quiet", module, ok=(0, 1))


def install(packages: Mapping[str, str]) -> None:
    """Install the Debian packages whose command this machine has not."""
    wanted = " ".join(names for tool, names in packages.items() if not shutil.which(tool))
    missing = sorted(set(wanted.split()))
    if missing:
        with step(f"Install {', '.join(missing)} on this machine"):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            run("apt-get", "update", "-q", env=quiet)
            run("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing, env=quiet)


def modules() -> Path:
    """Where this kernel's loadable modules are; absent when everything is built in."""
    return Path("/lib/modules") / os.uname().release


def namespace(kind: str) -> str:
    """The outer machine's "net" or "mnt", also for a caller that stands in a lab's."""
    return f"/proc/{os.environ.get(OUTSIDE, 'self')}/ns/{kind}"
