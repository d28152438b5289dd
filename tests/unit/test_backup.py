"""The platform's backup: all of it here, encrypted and whole, or nothing."""

from __future__ import annotations

import logging
import os
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operations import backup_archive, streams
from spec import Platform
from spec.backup import LAST
from tests.unit.backups import (
    COMMIT,
    V2,
    Made,
    Run,
    age,
    back_up,
    blob,
    here,
    machines,
    registry,
    tarred,
)
from tests.unit.doubles import CHECKOUT, PASSWORD

__all__ = ["age", "back_up", "here", "machines"]  # fixtures
PARTS = ["mysql", "harbor", "etcd", "certificates", "repository", "secrets"]


def test_a_backup_has_every_part_of_its_machine(
    here: Platform, age: Path, machines: Made, back_up: Run
) -> None:
    given = machines()
    assert back_up(given)
    assert given.asked == [
        "vm-worker app-database",
        "vm-docker harbor-backup",
        "vm-k8s etcd-backup",
        "vm-docker pack",
        "vm-docker /srv/threebody",
        f"vm-docker {LAST}",
    ]
    (path,) = here.backups.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    found = backup_archive.read(path)
    assert [part.name for part in found.manifest.parts] == PARTS
    assert found.manifest.platform == "vm-k8s at https://192.168.56.43:6443"
    assert found.part("harbor").about == {"harbor": "2.14.1", "images": "1"}
    assert found.part("repository").about == {"main": COMMIT.decode()}
    for name, word in zip(PARTS[:5], given.answers, strict=False):
        with found.content(name, age) as content:
            assert content.read() == given.answers[word]
    with found.content("secrets", age) as content:
        assert f"harbor_admin_password={PASSWORD}\n" in content.read().decode()


def test_anybodys_tar_reads_it_and_nobody_a_secret(
    here: Platform, age: Path, machines: Made, back_up: Run
) -> None:
    assert back_up(machines())
    (path,) = here.backups.iterdir()
    assert PASSWORD.encode() not in path.read_bytes()
    with tarfile.open(path) as archive:
        assert archive.getnames() == [*(f"{name}.age" for name in PARTS), "manifest.json"]


def test_what_is_not_there_yet_is_left_out_and_said(
    here: Platform, age: Path, machines: Made, back_up: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pyinfra")
    assert back_up(machines(app_database=b""))
    (path,) = here.backups.iterdir()
    assert [part.name for part in backup_archive.read(path).manifest.parts] == PARTS[1:]
    assert "mysql of vm-worker: nothing yet" in caplog.text


def test_a_backup_that_no_machine_remembers_is_there_and_said(
    here: Platform, age: Path, machines: Made, back_up: Run, caplog: pytest.LogCaptureFixture
) -> None:
    given = machines()
    given.answers[LAST] = streams.Broken("no room")
    assert not back_up(given)
    assert "it is whole, and no machine remembers it: no room" in caplog.text
    (path,) = here.backups.iterdir()
    assert backup_archive.read(path).manifest.parts


BROKEN = streams.Broken("12 MiB free on /var/tmp, 300 are needed there: make room")


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ({"harbor_backup": BROKEN}, "harbor of vm-docker: 12 MiB free on /var/tmp"),
        ({"etcd_backup": b"half"}, "etcd of vm-k8s: cannot be read, or was cut off"),
        ({"app_database": b"\x1f\x8b\x08half"}, "mysql of vm-worker: the dump was cut off"),
        ({"pack": b"half"}, "certificates of vm-docker: it was cut off"),
        ({"/srv/threebody": b"half"}, "repository of vm-docker: it is no git bundle"),
    ],
)
def test_half_a_backup_is_none_and_the_older_ones_stay(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    caplog: pytest.LogCaptureFixture,
    instead: dict[str, Any],
    reason: str,
) -> None:
    here.backups.mkdir(parents=True)
    old = here.backups / "platform-vm-k8s-20240101T000000Z.tar"
    old.touch()
    assert not back_up(machines(**instead))
    assert list(here.backups.iterdir()) == [old]
    assert f"no backup was made: {reason}" in caplog.text


def lacks_a_layer(files: dict[str, bytes]) -> None:
    del files[blob(b"a layer")[0]]


def lacks_a_manifest(files: dict[str, bytes]) -> None:
    del files[[name for name in files if "/blobs/" in name][-1]]


def is_damaged(files: dict[str, bytes]) -> None:
    files[blob(b"a layer")[0]] = b"a later"


def says_nothing_of_itself(files: dict[str, bytes]) -> None:
    del files["about"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lacks_a_layer, "an image of threebody/go lacks sha256:"),
        (lacks_a_manifest, "an image of threebody/go lacks sha256:"),
        (is_damaged, "of the registry is damaged on the disk"),
        (says_nothing_of_itself, "it has not said of which Harbor it is"),
    ],
)
def test_images_are_whole_by_their_digests_or_there_is_no_backup(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[dict[str, bytes]], None],
    reason: str,
) -> None:
    files = registry(here)
    damage(files)
    assert not back_up(machines(harbor_backup=tarred(files)))
    assert reason in caplog.text
    assert list(here.backups.iterdir()) == []


def test_an_image_that_is_pushed_meanwhile_does_not_matter(
    here: Platform, age: Path, machines: Made, back_up: Run
) -> None:
    half = {f"{V2}/repositories/threebody/go/_layers/sha256/{'0' * 64}/link": b"sha256:0"}
    assert back_up(machines(harbor_backup=tarred({**registry(here), **half})))


def test_without_age_or_for_a_key_that_it_refuses_there_is_no_backup(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (age.parent / "bin/age").write_text("#!/bin/sh\necho 'age: error: malformed' >&2; exit 1\n")
    assert not back_up(machines())
    assert "it was not encrypted: malformed" in caplog.text
    monkeypatch.setenv("PATH", str(age.parent))
    assert not back_up(machines())
    assert "age is not installed on this computer: apt install age" in caplog.text
    assert list(here.backups.iterdir()) == []


def test_the_oldest_are_forgotten_by_number_and_by_age(
    here: Platform, age: Path, machines: Made, back_up: Run
) -> None:
    here.backups.mkdir(parents=True)
    now = time.time()
    for number, days in enumerate((30, 20, 1)):
        path = here.backups / f"platform-vm-k8s-2024010{number}T000000Z.tar"
        path.touch()
        os.utime(path, (now - days * 86400,) * 2)
    (here.backups / "etcd-vm-k8s-20240101T000000Z.tar.gz").touch()
    (here.backups / ".platform-vm-k8s-20240101T000000Z.tar.new").touch()  # of one that was killed
    assert back_up(machines())
    names = sorted(path.name for path in here.backups.iterdir())
    assert names[:2] == [
        "etcd-vm-k8s-20240101T000000Z.tar.gz",
        "platform-vm-k8s-20240102T000000Z.tar",
    ]
    assert len(names) == 3


def test_make_backs_up() -> None:
    words = ["make", "--dry-run", "backup", "ARGS=-y"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert ".venv/bin/pyinfra inventory.py operate/backup.py -y" in output
