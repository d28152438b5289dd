"""What the mirror makes of several parts: one tree, of the same files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lab.mirror.store import link, sum_of


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_of_two_files_with_one_path_the_last_one_counts(tmp_path: Path) -> None:
    first = written(tmp_path / "first/both", "first")
    last = written(tmp_path / "last/both", "last")
    written(tmp_path / "first/folder/one", "one")
    written(tmp_path / "last/folder/two", "two")
    link([tmp_path / "first", tmp_path / "last"], tmp_path / "joined")
    found = {str(p.relative_to(tmp_path / "joined")) for p in (tmp_path / "joined").rglob("*")}
    assert found == {"both", "folder", "folder/one", "folder/two"}
    assert (tmp_path / "joined/both").samefile(last)
    assert first.read_text() == "first", "a part stays as it is"


def test_a_sum_is_that_of_the_content(tmp_path: Path) -> None:
    assert sum_of(written(tmp_path / "file", "x")) == hashlib.sha256(b"x").hexdigest()
