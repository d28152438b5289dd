"""The mirror's own Debian: every program that it runs, so that the outer machine needs none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import debian
from lab.mirror.store import made_once
from lab.shell import MORTAL, run

PACKAGES = (
    "apt-utils",
    "busybox-static",
    "ca-certificates",
    "conntrack",
    "dnsmasq-base",
    "docker-registry",
    "ipset",
    "iptables",
    "kmod",
    "nginx-light",
    "openssl",
    "python3",
    "python3-yaml",
    "redis-server",
    "skopeo",
    "sqop",  # OpenPGP without an agent that would outlive the signing
)
HOME = "/mirror"  # inside the tree, where a program finds what it may see of the outer machine
PLACES = (
    *("cache", "compiled", "doubles", "images", "key", "modules", "out", "source"),
    *("state", "work", "www"),
)

# The mounts live in a namespace of their own and end with the program: the tree stays as it is,
# and two labs can run programs from it at the same time.
ENTER = """
set -e
mount --rbind /dev "$0/dev"
while [ "$1" != -- ]; do mount --bind "$1" "$0$2"; shift 2; done
shift
exec chroot "$0" "$@"
"""


def tree() -> Path:
    """The root directory, made unless the cache has it."""
    return debian_with("root", PACKAGES, "Build the mirror's own Debian")


def debian_with(kind: str, packages: Sequence[str], title: str, finish: str = "") -> Path:
    """A Debian with `packages` as a root directory, made unless the cache has it."""

    def make(root: Path) -> None:
        bootstrap(root, packages)
        for place in PLACES:
            (root / HOME.lstrip("/") / place).mkdir(parents=True)
        run("chroot", root, "sh", "-ec", finish)

    inputs = " ".join((debian.SUITE, *sources(), *packages, *PLACES, finish))
    return made_once(kind, inputs, title, make)


def sources() -> list[str]:
    """The apt sources of this machine's own archives, as lines of a sources.list."""
    return [
        f"deb {debian.archive()} {debian.SUITE} main",
        f"deb {debian.archive()} {debian.SUITE}-updates main",
        f"deb {debian.security()} {debian.SUITE}-security main",
    ]


def bootstrap(target: Path, packages: Sequence[str]) -> None:
    """Write the smallest Debian with `packages` into a directory, or into a file named *.tar."""
    run(
        *MORTAL,
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        debian.SUITE,
        target,
        "-",
        stdin="\n".join(sources()),
        timeout=1800,
    )


def inside(root: Path, *command: str, binds: Mapping[str, Path]) -> list[str]:
    """The words that run `command` in the tree at `root`, as the process that they start.

    `binds` puts directories of the outer machine at places of the tree ("www": /var/...); a place
    that begins with / is one outside of HOME.
    """
    # Slave: a program that runs for long must let go of the machines' disks when they go.
    words = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", ENTER, str(root)]
    for place, directory in binds.items():
        words += [str(directory), str(Path(HOME, place))]
    return [*words, "--", *command]


def build_with(
    root: Path,
    *command: str,
    binds: Mapping[str, Path],
    stdin: str | None = None,
    private_network: bool = False,
) -> str:
    """Run `command` in the tree at `root` and return what it prints; it ends if the caller does.

    A private network has nothing but a loopback that is down.
    """
    network = ("unshare", "--net") if private_network else ()
    words = (*MORTAL, *network, *inside(root, *command, binds=binds))
    return run(*words, stdin=stdin, timeout=600)


def architecture(root: Path) -> str:
    """Debian's word for this machine's processor, which is Go's and the image format's as well."""
    return run("chroot", root, "dpkg", "--print-architecture").strip()
