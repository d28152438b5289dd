"""A backup that was damaged, or is read with another key, is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from operations import backup_archive, streams
from operations.backup_parts import CHECKS
from operations.kept import Unusable
from spec import Platform
from tests.unit.backups import Made, Run, age, back_up, here, machines

__all__ = ["age", "back_up", "here", "machines"]  # fixtures


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_its_end(path: Path) -> None:
    text = path.read_bytes()
    path.write_bytes(text[: text.index(b"manifest.json")])


def changed_inside(path: Path) -> None:
    text = path.read_bytes()
    path.write_bytes(text.replace(b"age\n", b"agf\n", 1))


def something_else(path: Path) -> None:
    path.write_text("a backup, truly")


def newer(path: Path) -> None:
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"format": 1', b'"format": 9'))


def another_manifest(path: Path) -> None:
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"taken"', b'"token"'))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_off, "cannot be read, or was cut off"),
        (without_its_end, "is no whole backup: its manifest is missing"),
        (something_else, "cannot be read, or was cut off"),
        (changed_inside, "was changed: mysql is not what its manifest says"),
        (newer, "is newer than this checkout"),
        (another_manifest, "is no backup: its manifest has no"),
    ],
)
def test_a_damaged_backup_is_none(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    damage: Callable[[Path], None],
    reason: str,
) -> None:
    assert back_up(machines())
    (path,) = here.backups.iterdir()
    damage(path)
    with pytest.raises(Unusable, match=reason):
        backup_archive.read(path)


def test_another_key_opens_nothing_and_age_says_so(
    here: Platform, age: Path, machines: Made, back_up: Run
) -> None:
    assert back_up(machines())
    found = backup_archive.read(next(here.backups.iterdir()))
    age.write_text("another\n")
    with (
        pytest.raises(streams.Broken, match="no identity matched any of the recipients"),
        found.content("etcd", age) as content,
    ):
        CHECKS["etcd"](content)
