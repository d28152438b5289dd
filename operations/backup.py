"""The platform's backup: one encrypted archive of all that cannot be made again."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, cast

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.gitlab import WRONG, Access, must, sentence, variables_of
from operations import Commands, failed, kept, operation, streams
from operations.backup_archive import BLOCK, Writer
from operations.backup_parts import CHECKS
from operations.kept import Unusable
from operations.sources import source
from spec import CHECKOUT, Platform
from spec.backup import LAST
from spec.secrets_file import written

CERTIFICATES = ("opt/edge/certs", "etc/harbor/tls", "etc/platform")
PACK = 'cd / && for p; do shift; [ ! -e "$p" ] || set -- "$@" "$p"; done; [ $# = 0 ] || tar -c "$@"'
BUNDLE = (
    '[ -e "$1" ] && as="runuser -u $0 -- git -C $1" && $as rev-parse -q --verify HEAD >/dev/null ||'
    " exit 0; $as bundle create -q - --all"
)


@dataclass(frozen=True)
class Origin:
    """Where a part comes from: what a command prints as root, or what is known here."""

    part: str
    machine: str = ""
    words: Sequence[str] = ()
    content: bytes = b""

    @contextmanager
    def opened(self, state: State) -> Iterator[IO[bytes]]:
        """Its content, to be read once; raises Broken."""
        if not self.machine:
            yield BytesIO(self.content)
            return
        with streams.output(state.inventory.get_host(self.machine), self.words) as output:
            yield output


@operation()
def archive(platform: Platform) -> Commands:
    """Bring one archive of the platform here, encrypted for `backup_recipient`.

    It is the operator's own (0600), and has its name only once all of it is here and was checked.
    """
    yield FunctionCommand(_make, (platform, _on_machines(platform)), {})


def version() -> str:
    """Of this checkout."""
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _on_machines(platform: Platform) -> list[Origin]:
    docker = platform.docker.name
    hub, app = platform.docker_host, platform.k8s_worker
    database = source(platform, "k8s_worker", "/usr/local/sbin/app-database").content
    registry = source(platform, "docker_host", "/usr/local/sbin/harbor-backup").content
    control = source(platform, "k8s_control", "/usr/local/sbin/etcd-backup").content
    dump = ("app-database", "dump", app.app_namespace, app.app_database_path)
    bundle = ("sh", "-c", BUNDLE, platform.all.ssh_user, hub.application_path)
    return [
        Origin("mysql", app.app_database_worker, ("bash", "-c", database, *dump)),
        Origin("harbor", docker, ("bash", "-c", registry, "harbor-backup", hub.harbor_data)),
        Origin("etcd", platform.control.name, ("bash", "-c", control, "etcd-backup")),
        Origin("certificates", docker, ("sh", "-c", PACK, "pack", *CERTIFICATES)),
        Origin("repository", docker, bundle),
    ]


def _here(platform: Platform) -> Iterator[Origin]:
    """What no machine has: every secret that counts, and what GitLab's variables are called."""
    secrets = platform.secrets.model_dump()
    values = {name: value.get_secret_value() for name, value in secrets.items() if value}
    lines = (written(name, value) for name, value in values.items())
    yield Origin("secrets", content="".join(lines).encode())
    project, token = platform.docker_host.gitlab_project, platform.secrets.gitlab_token
    if project and token:
        access = Access(platform.docker_host.gitlab_url, project, token)
        try:
            names = sorted(variables_of(must(access)))
        except WRONG as wrong:
            raise Unusable(sentence(access, wrong)) from wrong
        yield Origin("gitlab", content=json.dumps(names, indent=1).encode())


def _make(state: State, host: Host, platform: Platform, origins: Sequence[Origin]) -> bool:
    folder, settings = platform.backups, platform.all
    name = f"platform-{platform.control.hostname}-"
    assert settings.backup_recipient
    try:
        with kept.unfinished(folder, name, ".tar") as (file, target):
            writer = Writer(file, settings.backup_recipient)
            for origin in (*origins, *_here(platform)):
                _take(state, writer, origin)
            taken = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            writer.manifest(version(), platform.title, taken)
    except (OSError, Unusable, streams.Broken) as error:
        return failed(host, f"no backup was made: {error}")
    size = target.stat().st_size / 1024**2
    logger.info(f"{host.print_prefix}{target}: {size:.1f} MiB")
    try:
        _remember(state, platform, taken)
    except streams.Broken as error:
        return failed(host, f"it is whole, and no machine remembers it: {error}")
    for old in kept.forget(folder, name, settings.backup_keep, settings.backup_days):
        logger.info(f"{host.print_prefix}{old.name} is gone: backup_keep, backup_days")
    return True


def _remember(state: State, platform: Platform, taken: str) -> None:
    """What a gate asks for."""
    docker = state.inventory.get_host(platform.docker.name)
    remember = 'umask 022; echo "$0" >"$1.new" && mv "$1.new" "$1"'
    streams.answer(docker, ("sh", "-c", remember, taken, LAST))


def _take(state: State, writer: Writer, origin: Origin) -> None:
    """Have a part in the archive, unless there is nothing of it yet, which is said."""
    place = f" of {origin.machine}" if origin.machine else ""
    try:
        with origin.opened(state) as content:
            first = content.read(1)
            if first:
                about: dict[str, str] = {}
                with writer.part(origin.part, about) as target:
                    copied = _Copied(first, content, target)
                    about |= CHECKS[origin.part](cast(IO[bytes], copied))
                    copied.rest()
    except (Unusable, streams.Broken) as error:
        raise type(error)(f"{origin.part}{place}: {error}") from error
    if first:
        words = ", ".join(f"{name} {value}" for name, value in about.items() if name != "rows")
        size = writer.parts[-1].size / 1024**2
        logger.info(f"    {origin.part}{place}: {size:.1f} MiB{words and f' ({words})'}")
    else:
        logger.info(f"    {origin.part}{place}: nothing yet")


class _Copied:
    """What is read from a source, and written to a target as it is."""

    def __init__(self, first: bytes, source: IO[bytes], target: IO[bytes]) -> None:
        self._first, self._source, self._target = first, source, target

    def read(self, size: int = BLOCK) -> bytes:
        """At most so many bytes; none at the end."""
        block = self._first + self._source.read(size - len(self._first))
        self._first = b""
        self._target.write(block)
        return block

    def rest(self) -> None:
        """All that nobody has read."""
        while self.read():
            pass
