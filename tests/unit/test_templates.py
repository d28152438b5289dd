"""Templates that were compiled are kept, as modules are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from operations import sources as subject


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what was compiled is kept, of templates of this test's."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "sources.py").write_bytes(Path(subject.__file__).read_bytes())
    monkeypatch.setattr(subject, "CHECKOUT", tmp_path)
    monkeypatch.setattr(subject, "__file__", str(tmp_path / "sources.py"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "__pycache__").mkdir()
    return tmp_path / "__pycache__"


def rendered(**settings: object) -> str:
    """As the next run renders it."""
    return subject._templates.__wrapped__().get_template("it.j2").render(**settings)


def write(kept: Path, text: str) -> None:
    (kept.parent / "templates/it.j2").write_text(text)


def test_what_was_compiled_is_not_compiled_again(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(kept, "port {{ port }}")
    assert rendered(port=80) == "port 80"

    def compiled_again(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(Environment, "compile", compiled_again)
    assert rendered(port=443) == "port 443"


def test_what_was_changed_is(kept: Path) -> None:
    write(kept, "port {{ port }}")
    assert rendered(port=80) == "port 80"
    write(kept, "Port {{ port }}")
    assert rendered(port=80) == "Port 80"
    (file,) = kept.iterdir()
    file.write_bytes(file.read_bytes()[:99])
    assert rendered(port=80) == "Port 80", "nor does a file count of which a part is there"


def test_what_other_options_compiled_does_not_count(kept: Path) -> None:
    write(kept, "port {{ port }}")
    assert rendered(port=80) == "port 80"
    with (kept.parent / "sources.py").open("a") as own:
        own.write("# other options\n")
    assert rendered(port=80) == "port 80"
    assert len([*kept.iterdir()]) == 2


def test_python_says_whether_it_is_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(kept, "port {{ port }}")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(port=80) == "port 80"
    assert [*kept.iterdir()] == []


def test_where_nothing_can_be_kept_it_renders_all_the_same(kept: Path) -> None:
    write(kept, "port {{ port }}")
    kept.rmdir()
    assert rendered(port=80) == "port 80"
