"""The gate of the last backup: open before the first one, and shut when it is too old."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spec import Platform
from spec.backup import LAST
from tests.unit.doubles import sh
from tests.unit.one_gate import gate

AWAITS = "the last backup is not older than 8 days"


@pytest.mark.parametrize(("days", "is_open"), [(None, True), (0, True), (7.9, True), (8.1, False)])
def test_it_asks_how_old_the_last_one_is(
    platform: Platform, tmp_path: Path, days: float | None, is_open: bool
) -> None:
    path = tmp_path / "backed-up"
    if days is not None:
        path.write_text("2026-11-29T12:00:00Z\n")
        os.utime(path, (time.time() - days * 86400,) * 2)
    done = sh(gate(platform, AWAITS, "vm-docker").command.replace(LAST, str(path)))
    assert (done.returncode == 0) is is_open
    assert (days is None) is ("2026-11-29T12:00:00Z" not in done.stdout)
