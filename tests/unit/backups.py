"""What machines give a backup, made here, and a double of age that needs the right key."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api.command import FunctionCommand

import spec
from operations import backup, streams
from spec import Platform
from spec.backup import LAST
from spec.inventory import HostData
from tests.unit import archives
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, changed, commands, tool

RECIPIENT = "age1" + "q" * 58
V2 = "registry/docker/registry/v2"
COMMIT = b"1" * 40
SQL = b"CREATE TABLE `t` (a int);\nINSERT INTO `t` VALUES (1);\n"
OTHER = "age: error: no identity matched any of the recipients"
AGE = f"""
# What it writes twice is what it was.
turn() {{ LC_ALL=C exec tr A-Za-z N-ZA-Mn-za-m; }}
case $1 in
  --encrypt) [ "$3" = {RECIPIENT} ] && echo age && turn ;;
  --decrypt)
    grep -q PRIVATE "$3" || {{ echo '{OTHER}' >&2; exit 1; }}
    IFS= read -r first && [ "$first" = age ] && turn ;;
esac
exit 1
"""


def tarred(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of these files, as tar writes it to a pipe."""
    packed = io.BytesIO()
    with tarfile.open(None, "w", packed) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def blob(content: bytes) -> tuple[str, bytes]:
    """Where a registry keeps a blob."""
    digest = hashlib.sha256(content).hexdigest()
    return f"{V2}/blobs/sha256/{digest[:2]}/{digest}/data", content


def registry(platform: Platform) -> dict[str, bytes]:
    """What harbor-backup packs where Harbor has one image of one layer."""
    layer = b"a layer"
    digest = hashlib.sha256(layer).hexdigest()
    manifest = json.dumps({"layers": [{"digest": f"sha256:{digest}", "size": len(layer)}]}).encode()
    named = hashlib.sha256(manifest).hexdigest()
    link = f"{V2}/repositories/threebody/go/_manifests/revisions/sha256/{named}/link"
    return {
        "about": f"harbor {platform.docker_host.harbor_version}\n".encode(),
        "registry.sql": b"DROP TABLE IF EXISTS project;\n",
        link: f"sha256:{named}".encode(),
        **dict((blob(layer), blob(manifest))),
    }


def contents(platform: Platform, folder: Path) -> dict[str, bytes]:
    """What each machine's command prints, by the word that tells it from others."""
    etcd = archives.write(folder / "etcd.tar.gz", archives.contents(platform)).read_bytes()
    return {
        "app-database": gzip.compress(SQL),
        "harbor-backup": tarred(registry(platform)),
        "etcd-backup": etcd,
        "pack": tarred({"opt/edge/certs/tls.crt": b"x", "opt/edge/certs/tls.key": b"y"}),
        "/srv/threebody": b"# v2 git bundle\n" + COMMIT + b" refs/heads/main\n\nPACK",
        LAST: b"",
    }


Answers = dict[str, bytes | Exception]


class Machines:
    """Machines whose commands print these bytes; an exception breaks off what came before it."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get_host(self, name: str) -> StubHost:
        """Any machine."""
        return StubHost(name)

    @contextmanager
    def output(self, host: Any, words: Any) -> Iterator[io.BytesIO]:
        """What `streams.output` gives."""
        (word,) = (word for word in self.answers if word in words)
        self.asked.append(f"{host.name} {word}")
        answer = self.answers[word]
        if isinstance(answer, Exception):
            yield io.BytesIO()
            raise answer
        yield io.BytesIO(answer)

    def answer(self, host: Any, words: Any) -> str:
        """What `streams.answer` gives."""
        with self.output(host, words) as printed:
            return printed.read().decode()


@pytest.fixture
def age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A double of age on this computer; the file of its private key."""
    tool(tmp_path / "bin", "age", AGE)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    key = tmp_path / "key"
    key.write_text("PRIVATE\n")
    return key


@pytest.fixture
def machines(
    here: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Machines]:
    """Machines that print what they should, or what is said instead."""

    def made(**instead: bytes | Exception) -> Machines:
        other = {name.replace("_", "-"): answer for name, answer in instead.items()}
        found = Machines({**contents(here, tmp_path), **other})
        monkeypatch.setattr(streams, "output", found.output)
        monkeypatch.setattr(streams, "answer", found.answer)
        return found

    return made


@pytest.fixture
def here(hosts: list[HostData], tmp_path: Path) -> Platform:
    """The shipped platform, which keeps two backups of at most ten days in a folder of its own."""
    extra: dict[str, Any] = {"operator_folder": str(tmp_path / "mine"), "backup_keep": 2}
    extra |= {"backup_recipient": RECIPIENT, "backup_days": 10}
    return spec.load(changed(hosts, "all", **extra))


@pytest.fixture
def back_up(here: Platform, on_host: OnHost) -> Callable[[Machines], bool]:
    """Back up from these machines; whether that went well."""
    on_host({}, "vm-k8s")

    def run(machines: Machines) -> bool:
        (command,) = commands(backup.archive, platform=here)
        assert isinstance(command, FunctionCommand)
        state = SimpleNamespace(inventory=machines)
        return bool(command.function(state, StubHost("vm-k8s"), *command.args))

    return run


Made = Callable[..., Machines]
Run = Callable[[Machines], bool]
