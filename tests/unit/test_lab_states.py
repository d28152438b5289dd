"""What a saved state of a lab has beside the machines' disks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab import states


@pytest.mark.parametrize("part", ["secrets.env", "gitlab/projects.json"])
def test_a_file_is_put_back_over_one_of_its_length_and_time(tmp_path: Path, part: str) -> None:
    saved, ours = tmp_path / "saved" / part, tmp_path / "ours" / part
    for path, text in ((saved, "a=1\n"), (ours, "a=2\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
        os.utime(path, (1_800_000_000, 1_800_000_000))
    top = part.partition("/")[0]
    states._copy(tmp_path / "saved" / top, tmp_path / "ours" / top)
    assert ours.read_text() == "a=1\n"
