"""The database, moved from one worker to another with its data."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from pyinfra import host, inventory, logger
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.asking import ask
from facts.cluster import Same
from facts.database import MOVING, DataFolder
from facts.nodes import Nodes
from operations import Commands, failed, kubernetes, operation, refuse, streams
from operations.sources import source
from spec import Machine, Platform

CLAIM = "mysql-data"
# Prints one sum of all that is in a folder: names, modes, owners, and what is in the files.
SUM = r"""cd "$1" && {
  find . -printf '%y %m %U:%G %p %l\n' | LC_ALL=C sort
  find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
} | sha256sum | cut -d ' ' -f 1"""
SEND = 'tar -C "$1" -c --numeric-owner --xattrs --sparse .'
# What was left by one that was cut off is of another moment.
TAKE = """set -e
coming=$1.coming
rm -rf "$coming"
(umask 022; mkdir -p "$coming")
tar -C "$coming" -x --numeric-owner --same-owner -p --xattrs"""
# In place only once it is all there, also after a power cut.
PLACE = """set -e
sync -f "$1.coming"
[ ! -d "$1" ] || rmdir "$1"
mv -T "$1.coming" "$1"
sync -f "$1" """


@operation()
def stop(platform: Platform, from_: Machine, to: Machine) -> Commands:
    """Have nothing write to the database, until it is handed over."""
    settings = platform.k8s_worker
    script = source(platform, "k8s_control", "/usr/local/sbin/database-stop").content
    words = (settings.app_namespace, CLAIM, from_.hostname, to.hostname)
    yield StringCommand(f"bash -s -- {shlex.join(words)}", _stdin=script)


@operation()
def copy(path: str, from_: Machine) -> Commands:
    """Have in a folder here what is in the one of another machine, compared with it as a whole."""
    yield FunctionCommand(_copy, (path, inventory.get_host(from_.name)), {})


@operation()
def hand_over(platform: Platform, to: Machine) -> Commands:
    """Have the database's volume on its new node, which `platform` says, and its pods with it."""
    script = source(platform, "k8s_control", "/usr/local/sbin/database-hand-over").content
    manifest = source(platform, "cluster", "/volume.yaml").content
    names = (platform.k8s_worker.app_namespace, CLAIM, f"{platform.k8s_worker.app_namespace}-mysql")
    # As an argument of bash: nothing of it is left there.
    words = shlex.join(["bash", "-c", script, "database-hand-over", *names, to.hostname, manifest])
    yield StringCommand(words)


@operation()
def change_password(platform: Platform, whose: str, old: str, new: str) -> Commands:
    """Have the database know the `application`, pod by pod, or `root` by `new`, not by `old`."""
    script = source(platform, "k8s_control", "/usr/local/sbin/database-password").content
    words = ["bash", "-c", script, "database-password", whose]
    words.append(platform.k8s_worker.app_namespace)
    root = platform.secrets.database_root_password.get_secret_value()
    yield StringCommand(shlex.join(words), _stdin="\n".join([root, old, new]))


@operation()
def set_aside(path: str) -> Commands:
    """Have no data at a path any more; what was there is kept beside it, with the day."""
    if ask(host, DataFolder, path=path).entries:
        aside = f"{path}.moved-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        yield StringCommand(f"mv -T {shlex.quote(path)} {shlex.quote(aside)}")


@operation()
def finish_move(platform: Platform, to: Machine) -> Commands:
    """Have no move under way, and say which setting has to follow it."""
    yield StringCommand(f"rm -f {MOVING}")
    if platform.k8s_worker.app_database_worker != to.hostname:
        logger.info(
            f"{host.print_prefix}write app_database_worker = {to.hostname!r} into"
            " group_data/k8s_worker.py: the next run is refused without it"
        )


@operation()
def volume(platform: Platform, manifest: str, among: list[str]) -> Commands:
    """Have the database's volume as a manifest says; one on another node is refused, and told."""
    settings = platform.k8s_worker
    if ask(host, Same, manifests=among) or ask(host, Same, manifests=[manifest]):
        return
    volume = f"{settings.app_namespace}-mysql"
    at = [node for node, state in ask(host, Nodes).items() if volume in state.volumes]
    if at and settings.app_database_worker not in at:
        yield refuse(
            f"the database is on {at[0]}, and app_database_worker is"
            f" {settings.app_database_worker}: put {at[0]} there, or move it (`make move-database"
            f" NODE={settings.app_database_worker}`)"
        )
        return
    yield from kubernetes.manifest._inner(manifest=manifest, among=among)


def _copy(state: State, host: Host, path: str, other: Host) -> bool:
    try:
        if not (wanted := _sum(other, path)):
            raise streams.Broken(f"there is no {path}")
        if _sum(host, path) == wanted:
            return True  # by a move that was cut off after it
        streams.relay(other, _words(SEND, path), host, _words(TAKE, path))
        if (arrived := _sum(host, f"{path}.coming")) != wanted:
            raise streams.Broken(f"{path} has the sum {wanted} there, and {arrived} here")
        streams.answer(host, _words(PLACE, path))
    except (OSError, streams.Broken) as error:
        return failed(
            host,
            f"the database was not copied, and is on {other.name} as before: {error}. Run this"
            f" again; or give it up: `rm {MOVING}` on the control plane, `kubectl uncordon"
            f" {other.name}`",
        )
    return True


def _sum(host: Host, path: str) -> str:
    """Of all that is in a folder; "" where there is none."""
    return streams.answer(host, _words(f'[ ! -d "$1" ] || {{ {SUM}\n}}', path))


def _words(script: str, path: str) -> list[str]:
    return ["bash", "-c", f"set -o pipefail; {script}", "database", path]
