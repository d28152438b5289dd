"""The mirror's own Debian: every program that it runs, so that the outer machine needs none."""

from __future__ import annotations

import os
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
# How this machine reaches registries, when it says so; nothing else of it is asked.
KEPT = (
    *("GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"),
    "npm_config_registry",
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
NETWORK = ("/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
HOME = "/mirror"  # inside the tree, where a program finds what it may see of the outer machine
PLACES = (
    *("cache", "compiled", "doubles", "images", "key", "modules", "out", "source"),
    *("state", "work", "www"),
)

# Nobody reads manuals there, and whoever is cut off while installing begins anew.
BOOTSTRAP = (
    *("mmdebstrap", "--mode=root", "--variant=minbase", "--skip=cleanup/apt/lists"),
    *(f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "info", "locale", "man")),
    "--dpkgopt=force-unsafe-io",
)
# Nothing that is installed may start: this is no machine.
INSTALL = """
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-install-recommends -o APT::Sandbox::User=root install "$@"
rm /usr/sbin/policy-rc.d
apt-get clean
rm -r /var/lib/apt/lists/*
"""
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
    smallest = _smallest()

    def make(root: Path) -> None:
        run("cp", "--archive", "--reflink=auto", f"{smallest}/.", root)
        network = {path: Path(path) for path in NETWORK[:2]}
        shared = {"/proc": Path("/proc"), **network}
        variables = [f"{name}={value}" for name, value in known({}).items()]
        words = ("env", "-i", *variables, "sh", "-ec", INSTALL, "sh", *packages)
        run(*MORTAL, *inside(root, *words, binds=shared), timeout=1800)
        for place in PLACES:
            (root / HOME.lstrip("/") / place).mkdir(parents=True)
        run("chroot", root, "sh", "-ec", finish)

    inputs = " ".join((smallest.name, INSTALL, *packages, *PLACES, finish))
    return made_once(kind, inputs, title, make)


def _smallest() -> Path:
    """What all have in common, with the lists of packages that there were that day."""

    def make(root: Path) -> None:
        bootstrap(root, ("ca-certificates",))
        for path in NETWORK[:2]:
            (root / path.lstrip("/")).touch()  # there to be bound over

    inputs = " ".join((debian.SUITE, *debian.sources(), *BOOTSTRAP))
    return made_once("debian", inputs, "Build the smallest Debian", make)


def bootstrap(target: Path, packages: Sequence[str]) -> None:
    """Write the smallest Debian with `packages` into a directory."""
    run(
        *MORTAL,
        *BOOTSTRAP,
        f"--include={','.join(packages)}",
        debian.SUITE,
        target,
        "-",
        stdin="\n".join(debian.sources()),
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


def online(
    tree: Path, *command: str, binds: Mapping[str, Path], extra: Mapping[str, str]
) -> tuple[str, ...]:
    """The words that run `command` in a tree, on this machine's network, knowing `more` of it."""
    variables = [f"{name}={value}" for name, value in known(extra).items()]
    network = {path: Path(path) for path in NETWORK if Path(path).exists()}
    shared = {**network, "/proc": Path("/proc"), **binds}
    return (*MORTAL, *inside(tree, "env", "-i", *variables, *command, binds=shared))


def known(extra: Mapping[str, str]) -> Mapping[str, str]:
    """What such a command knows: `more`, and how this machine reaches registries."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **extra}


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
