"""Parts of a backup, put back: compared with what they were, refused before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from pyinfra import inventory
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.kubernetes import KUBECTL
from operations import (
    Commands,
    backup,
    backup_archive,
    etcd,
    etcd_archive,
    failed,
    operation,
    streams,
    until,
)
from operations.backup_archive import Backup
from operations.backup_parts import CHECKS
from operations.kept import Unusable
from operations.sources import source
from spec import Platform, Refused

# In the order in which they are put back: images before the pods that are made of them.
PARTS = ("certificates", "repository", "harbor", "etcd", "mysql")
READY = "'{.status.conditions[?(@.type==\"Ready\")].status}'"
FETCH = """umask 077; file=$(mktemp) && trap 'rm -f "$file"' EXIT && cat >"$file" || exit
chown "$0" "$file"
git() { runuser -u "$0" -- git -C "$@"; }
if [ -e "$1" ]; then
  git "$1" fetch -q "$file" '+refs/*:refs/restored/*'
else
  umask 022; new=${1%/*}/.${1##*/}.new; rm -rf "$new"
  mkdir -p "${1%/*}" && install -d -o "$0" -g "$(id -g "$0")" "$new" &&
    git "$new" clone -q "$file" . && git "$new" remote remove origin &&
    git "$new" fetch -q --update-head-ok "$file" 'refs/heads/*:refs/heads/*' && mv -T "$new" "$1"
fi"""
RELOAD = (
    "tar -x --numeric-owner --same-owner -C / && { docker exec edge-nginx nginx -s reload || :; }"
)


def fitting(platform: Platform, path: Path, key: Path, only: str, confirmed: bool) -> Backup:
    """A backup whose parts, all or one, can be put back here; raises Refused with the reason."""
    try:
        found = backup_archive.read(path)
        for reason in (*_differences(platform, found), *_unknown(found, only)):
            raise Unusable(reason)
        for name in chosen(found, only):
            _verified(found, name, key)
            for reason in _misfits(platform, found, name, key):
                raise Unusable(reason)
        if not confirmed:
            for reason in _in_use(platform, chosen(found, only)):
                raise Unusable(f"would take the place of {reason}: say CONFIRM=1")
    except (OSError, Unusable, streams.Broken) as error:
        raise Refused(f"{path} {error}. Nothing was touched.", ()) from None
    return found


def chosen(found: Backup, only: str) -> list[str]:
    """The parts that are put back, in their order."""
    present = {part.name for part in found.manifest.parts}
    return [name for name in PARTS if name in present and name in (only or name)]


@operation()
def part(platform: Platform, found: Backup, part: str, key: Path) -> Commands:
    """Have what a part of a backup holds, on its machine; what came later is lost."""
    machine, words = _takers(platform, found)[part]
    yield FunctionCommand(_put_back, (machine, words, partial(found.content, part, key)), {})


@operation()
def wait_until_missed(nodes: Sequence[str]) -> Commands:
    """Have the cluster know that these nodes of that day are off: a node that is Ready is not
    joined again, and it takes a minute until one is missed."""
    for node in nodes:
        ready = f"{KUBECTL} get node {node} -o jsonpath={READY} 2>/dev/null"
        yield StringCommand(until(f'[ "$({ready})" != True ]', 180))


def _takers(platform: Platform, found: Backup) -> dict[str, tuple[str, Sequence[str]]]:
    """The machine and the command that each part is given to."""
    docker = platform.docker.name
    hub, app = platform.docker_host, platform.k8s_worker
    about = {part.name: part for part in found.manifest.parts}
    database = source(platform, "k8s_worker", "/usr/local/sbin/app-database").content
    registry = source(platform, "docker_host", "/usr/local/sbin/harbor-restore").content
    rows = about["mysql"].about["rows"] if "mysql" in about else ""
    size = about["harbor"].size >> 20 if "harbor" in about else 0
    version = hub.harbor_version.removeprefix("v")
    load = ("app-database", "restore", app.app_namespace, app.app_database_path, rows)
    put = ("harbor-restore", hub.harbor_data, version, str(size))
    return {
        "mysql": (app.app_database_worker, ("bash", "-c", database, *load)),
        "harbor": (docker, ("bash", "-c", registry, *put)),
        "certificates": (docker, ("sh", "-c", RELOAD)),
        "repository": (docker, ("sh", "-c", FETCH, platform.all.ssh_user, hub.application_path)),
    }


def _verified(found: Backup, name: str, key: Path) -> None:
    """Raise where a part cannot be decrypted, or is not what it was."""
    with found.content(name, key) as content:
        about = CHECKS[name](content)
    # An earlier checkout said less of some.
    if not found.part(name).about.items() <= about.items():
        raise Unusable(f"was changed: {name} is not of what its manifest says")


def _differences(platform: Platform, found: Backup) -> Iterator[str]:
    """Why a backup is not of this platform, or of a later checkout."""
    ours = backup.version()
    if found.manifest.platform != platform.title:
        yield f"is of another platform, {found.manifest.platform}; this one is {platform.title}"
    if _ordered(found.manifest.version) > _ordered(ours):
        yield f"is newer than this checkout (version {found.manifest.version}, and here {ours})"


def _unknown(found: Backup, only: str) -> Iterator[str]:
    if not chosen(found, only):
        present = ", ".join(chosen(found, "")) or "nothing"
        yield f"has no part {only!r} that is put back on machines; it has {present}"


def _misfits(platform: Platform, found: Backup, name: str, key: Path) -> Iterator[str]:
    """Why a part does not fit what is there, or what the settings ask for."""
    if name == "harbor":
        version = platform.docker_host.harbor_version.removeprefix("v")
        theirs = found.part(name).about["harbor"]
        if theirs != version:
            yield (
                f"is of Harbor {theirs}, and harbor_version is {version}: set it to what the backup"
                " is of, deploy, restore, then upgrade"
            )
    if name == "etcd":
        with found.content(name, key) as content:
            archive = etcd_archive.of(content)
        yield from etcd.differences(platform, archive)


def _in_use(platform: Platform, names: Sequence[str]) -> Iterator[str]:
    """What would be replaced, of these parts."""
    docker, app, hub = platform.docker.name, platform.k8s_worker, platform.docker_host
    database = source(platform, "k8s_worker", "/usr/local/sbin/app-database").content
    tables = ("app-database", "tables", app.app_namespace, app.app_database_path)
    images = f"{hub.harbor_data}/registry/docker/registry/v2/repositories"
    questions: dict[str, tuple[str, str, Sequence[str]]] = {
        "mysql": (
            "the database's tables",
            app.app_database_worker,
            ("bash", "-c", database, *tables),
        ),
        "harbor": ("Harbor's images", docker, ("sh", "-c", 'ls "$0" 2>/dev/null || :', images)),
        "etcd": (
            "the cluster",
            platform.control.name,
            ("sh", "-c", "ls /var/lib/etcd/member 2>/dev/null || :"),
        ),
        "certificates": (
            "the edge's certificate",
            docker,
            ("sh", "-c", "ls /opt/edge/certs 2>/dev/null || :"),
        ),
    }
    for name in names:
        if name in questions:
            what, machine, words = questions[name]
            if streams.answer(inventory.get_host(machine), words) not in ("", "0"):
                yield what


def _put_back(
    state: State, host: Host, machine: str, words: Sequence[str], content: etcd.Content
) -> bool:
    try:
        with content() as file:
            streams.send(state.inventory.get_host(machine), words, file)
    except (OSError, streams.Broken) as error:
        return failed(host, f"it was not restored: {error}")
    return True


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number.isdecimal())
