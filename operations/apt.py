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
from operations import Commands, operation
from operations.downloads import KeyFile, fetch

# An index that cannot be fetched or trusted is an error, not a warning over yesterday's index.
UPDATE = "apt-get update -q -o APT::Update::Error-Mode=any"
INSTALL = (
    "DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends"
    " --allow-downgrades --allow-change-held-packages"
    " -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
)
# Seconds to wait for another dpkg; apt has DPkg::Lock::Timeout for it, dpkg itself has nothing.
PATIENCE = 300


@operation()
def repaired() -> Commands:
    """Have no package left unpacked or half-configured by an installation that was cut off."""
    if ask(host, MachineFact).half_configured:
        yield StringCommand(
            f"end=$(($(date +%s) + {PATIENCE})); export DEBIAN_FRONTEND=noninteractive; "
            "until said=$(dpkg --configure --pending --force-confdef --force-confold 2>&1); do "
            'case $said in *"lock"*) ;; *) echo "$said" >&2; exit 1;; esac; '
            '[ "$(date +%s)" -lt $end ] || { echo "$said" >&2; exit 1; }; sleep 1; done'
        )


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
        yield StringCommand(f"{INSTALL} {shlex.join(wanted)}")


@operation()
def held(packages: Sequence[str]) -> Commands:
    """Have these packages held: no upgrade by hand takes them along either."""
    kept = ask(host, Held)
    free = [name for name in packages if name not in kept]
    if free:
        yield StringCommand(f"apt-mark hold {shlex.join(free)}")
