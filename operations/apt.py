"""Packages: repair what was left half done, add a repository, install exact versions."""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Mapping, Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.apt import Held, Packages, SigningKey
from facts.asking import ask
from facts.machine import MachineFact
from facts.updates import Updates
from operations import Commands, operation
from operations.downloads import KeyFile, fetch

# Ubuntu's needrestart restarts what its own hook says, whatever stands in its configuration;
# apt-listbugs ends what nobody answers.
MUTE = (
    "NEEDRESTART_MODE=l APT_LISTBUGS_FRONTEND=none APT_LISTCHANGES_FRONTEND=none"
    " DEBIAN_FRONTEND=noninteractive"
)
# Nobody's configuration is overwritten.
KEEPING = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
INSTALL = (
    f"{MUTE} apt-get install -q -y --no-install-recommends --allow-downgrades"
    f" --allow-change-held-packages {KEEPING}"
)
# Nothing is removed for it, what is held or pinned stays.
UPGRADE = f"{MUTE} apt-get upgrade -q -y --with-new-pkgs {KEEPING}"
PURGE = "DEBIAN_FRONTEND=noninteractive apt-get purge -q -y"
# Seconds to wait for another apt or dpkg. apt has DPkg::Lock::Timeout for dpkg's lock, and nothing
# for that of its lists; dpkg has nothing.
PATIENCE = 300


# What apt says that went wrong, and dpkg with the line that has the reason.
REASONS = "/^[EW]: /p; /^dpkg: error/{$!N;p;}"


def patient(command: str) -> str:
    """Shell that does it, once whoever holds a lock of apt's or dpkg's has let go of it."""
    return (
        f"fail() {{ printf '%s\\n' \"$said\" | sed -n '{REASONS}' | grep . ||"
        " printf '%s\\n' \"$said\";"
        f" exit 1; }}; end=$(($(date +%s) + {PATIENCE})); until said=$({command} 2>&1); do "
        'case $said in *"Could not get lock"*|*"lock is"*|*"lock was"*) ;; *) fail >&2;; esac; '
        '[ "$(date +%s)" -lt $end ] || fail >&2; sleep 1; done'
    )


# An index that cannot be fetched or trusted is an error, not a warning over yesterday's index.
UPDATE = patient("apt-get update -q -o APT::Update::Error-Mode=any")


@operation()
def repair() -> Commands:
    """Have no package left half installed or half configured by a run that was cut off."""
    machine = ask(host, MachineFact)
    if machine.half_configured:
        configure = "dpkg --configure --pending --force-confdef --force-confold"
        yield StringCommand(f"export DEBIAN_FRONTEND=noninteractive; {patient(configure)}")
    if machine.half_installed:
        # Its files are not whole: it wants to be unpacked once more.
        yield StringCommand(UPDATE)
        again = f"{INSTALL} --reinstall {shlex.join(machine.half_installed)}"
        yield StringCommand(patient(again))


@operation()
def key(url: str, path: str, sha256: str = "", fingerprint: str = "") -> Commands:
    """Have a repository's signing key at `path`, checked before it counts.

    By the file's sum; or by the fingerprint of the one key in it, where the file changes whenever
    its owner moves the key's end: then one that has expired is fetched anew.
    """
    found = ask(host, SigningKey, path=path)
    if fingerprint:
        known = found.fingerprints == (fingerprint,) and not found.expired
    else:
        known = found.sha256 == sha256
    if known and found.mode == "0644":
        return
    check = KeyFile(fingerprint) if fingerprint else sha256
    yield StringCommand(fetch("the key", url, path, check))


@operation()
def packages(versions: Mapping[str, str]) -> Commands:
    """Have these packages; a version is exact or a pattern (`5:28.5.1-*`), "" is any."""
    installed = ask(host, Packages, packages=list(versions))
    wanted = [
        f"{name}={version}" if version else name
        for name, version in versions.items()
        if not (name in installed and fnmatch.fnmatchcase(installed[name], version or "*"))
    ]
    if wanted:
        yield StringCommand(UPDATE)
        yield StringCommand(patient(f"{INSTALL} {shlex.join(wanted)}"))


@operation()
def upgrade() -> Commands:
    """Have what the distribution has for packages that nobody holds or pins; kernels, too."""
    if ask(host, Updates).waiting:
        yield StringCommand(patient(UPGRADE))


@operation()
def remove(packages: Sequence[str]) -> Commands:
    """Have none of these packages, and nothing of their configuration."""
    installed = ask(host, Packages, packages=list(packages))
    if installed:
        yield StringCommand(patient(f"{PURGE} {shlex.join(installed)}"))


@operation()
def hold(packages: Sequence[str]) -> Commands:
    """Have these packages held: no upgrade by hand takes them along either."""
    kept = ask(host, Held)
    free = [name for name in packages if name not in kept]
    if free:
        yield StringCommand(f"apt-mark hold {shlex.join(free)}")
