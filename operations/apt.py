"""Packages: repair what was left half done, add a repository, install exact versions."""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Mapping

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation

from facts.apt import Packages
from facts.files import Paths, PathState
from facts.machine import MachineFact
from operations import Commands

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
    if host.get_fact(MachineFact).half_configured:
        yield StringCommand(
            f"end=$(($(date +%s) + {PATIENCE})); export DEBIAN_FRONTEND=noninteractive; "
            "until said=$(dpkg --configure --pending --force-confdef --force-confold 2>&1); do "
            'case $said in *"lock"*) ;; *) echo "$said" >&2; exit 1;; esac; '
            '[ "$(date +%s)" -lt $end ] || { echo "$said" >&2; exit 1; }; sleep 1; done'
        )


@operation()
def key(url: str, sha256: str, path: str) -> Commands:
    """Have a repository's signing key at `path`, checked against its sum before it counts."""
    found = host.get_fact(Paths, paths=[path]).get(path, PathState())
    if found.content != sha256 or found.mode != "0644":
        new, quoted = shlex.quote(f"{path}.new"), shlex.quote(path)
        yield StringCommand(
            f"mkdir -p $(dirname {quoted}) && trap 'rm -f {new}' EXIT && "
            f"curl -fsSL --retry 2 --max-time 60 -o {new} {shlex.quote(url)} && "
            f"{{ echo '{sha256}  {path}.new' | sha256sum --check --status || "
            f'{{ echo "the key at {url} has sha256 $(sha256sum <{new} | cut -c 1-64),'
            f' expected {sha256}" >&2; false; }}; }} && '
            f"chmod 0644 {new} && mv -fT {new} {quoted}"
        )


@operation()
def packages(versions: Mapping[str, str]) -> Commands:
    """Have these packages; a version is exact or a pattern (`5:28.5.1-*`), "" is any."""
    installed = host.get_fact(Packages, packages=list(versions))
    wanted = [
        f"{name}={version}" if version else name
        for name, version in versions.items()
        if not (name in installed and fnmatch.fnmatchcase(installed[name], version or "*"))
    ]
    if wanted:
        yield StringCommand(UPDATE)
        yield StringCommand(f"{INSTALL} {shlex.join(wanted)}")
