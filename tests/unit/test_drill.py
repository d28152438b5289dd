"""A drill: what a person would run, on a lab that is gone afterwards; what differs is said."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab import drill, outer, verbs
from lab.mirror.kubernetes import wanted
from operations import backup_archive
from spec import Platform
from tests.unit.backups import Made, Run, age, back_up, here, machines
from tests.unit.doubles import CHECKOUT

__all__ = ["age", "back_up", "here", "machines"]  # fixtures


class Labs:
    """A lab whose machines nobody boots: what was run there, and what a backup of it brings."""

    def __init__(self, folder: Path, brings: Path) -> None:
        self.secrets, self.fetched, self.brings = folder / "secrets.env", folder, brings
        self.ran: list[str] = []
        self.fails, self.status, self.kubernetes = "", 1, ""

    def up(self, lab: object, words: Sequence[str]) -> int:
        """As the verb, which makes up secrets."""
        self.ran.append("up")
        assert os.environ[wanted.WANTED] == self.kubernetes, "what etcd's data is of"
        self.secrets.touch()
        return 0

    def clean(self, lab: object, words: Sequence[str]) -> int:
        """As the verb."""
        self.ran.append("clean")
        return 0

    def execute(self, lab: object, words: Sequence[str]) -> int:
        """As the verb; a backup is made."""
        name = next(word for word in words if "operate" in word).removesuffix(".py")
        self.ran.append(name.replace("/", ".").removeprefix("operate."))
        if self.ran[-1] == "restore_secrets":
            assert not self.secrets.exists(), "those of the backup, and no others"
        if self.ran[-1] == "backup":
            (self.fetched / drill.FOLDER).mkdir()
            shutil.copy(self.brings, self.fetched / drill.FOLDER)
        return self.status if self.ran[-1] == self.fails else 0


@pytest.fixture
def labs(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Labs]:
    """A backup, and a lab that it is tried in."""
    assert back_up(machines())
    (archive,) = here.backups.iterdir()
    place = tmp_path / "lab"
    place.mkdir()
    found = Labs(place, archive)
    monkeypatch.setattr(drill, "Lab", lambda name: found)
    monkeypatch.setattr(outer, "check", lambda: None)
    for verb in ("up", "clean", "execute"):
        monkeypatch.setattr(verbs, verb, getattr(found, verb))
    monkeypatch.setattr(drill, "WITHIN", 0)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for name, value in {"FROM": str(archive), "KEY": str(age)}.items():
        monkeypatch.setenv(name, value)
    found.kubernetes = here.k8s_node.kubernetes_version
    for name in ("ONLY", "CONFIRM", "LAB_BY_HAND", wanted.WANTED):
        monkeypatch.setenv(name, "")  # what a drill sets is gone afterwards
    yield found


STEPS = ["clean", "up", "restore_secrets", "restore", "smoke", "backup", "clean"]


def test_all_of_it_comes_back_is_compared_and_the_lab_is_gone(
    labs: Labs, here: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drill.main(["--data", "x=y"]) == 0
    assert labs.ran == STEPS
    output = capsys.readouterr().out
    assert "mysql         the same rows " in output
    assert "harbor        the same harbor 2.14.1, images 1\n" in output
    assert "lost          what came after " in output
    assert "restore 0 s" in output
    kept = (here.backups / drill.KEPT).read_text()
    assert "all the same, 0 s" in kept


def test_other_rows_and_what_is_missing_are_named(
    labs: Labs, here: Platform, machines: Made, back_up: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = backup_archive.read(labs.brings).manifest
    other = before.parts[0].model_copy(update={"about": {"rows": "another"}})
    after = before.model_copy(update={"parts": (other, *before.parts[2:])})
    rows = dict(drill.compared(before, after))
    assert rows["mysql"].endswith("; is rows another")
    assert rows["harbor"] == "is not there any more"
    assert [part for part, says in rows.items() if says.startswith("the same")] == [
        *("etcd", "certificates", "repository", "secrets")
    ]


@pytest.mark.parametrize("step", ["restore_secrets", "restore", "smoke", "backup"])
def test_a_step_that_fails_fails_the_drill_and_the_lab_is_gone(
    labs: Labs, here: Platform, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labs.fails = step
    assert drill.main([]) == 1
    assert labs.ran[-2:] == [step, "clean"]
    assert "the backup did not come back" in capsys.readouterr().err
    assert ": failed" in (here.backups / drill.KEPT).read_text()


def test_ctrl_c_is_no_failure_of_the_backup(labs: Labs, here: Platform) -> None:
    labs.fails, labs.status = "restore", verbs.INTERRUPTED
    assert drill.main([]) == verbs.INTERRUPTED
    assert labs.ran[-2:] == ["restore", "clean"]
    assert not (here.backups / drill.KEPT).exists()


def test_what_cannot_begin_is_refused_before_a_lab_is_touched(
    labs: Labs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    half = tmp_path / "half.tar"
    half.write_bytes(labs.brings.read_bytes()[:-3000])
    for name, value, reason in (
        ("FROM", str(half), "is no whole backup"),
        ("FROM", str(tmp_path / "none.tar"), "No such file"),
        ("KEY", str(tmp_path / "none"), "No such file"),
        ("KEY", "", "KEY is empty: write KEY="),
    ):
        with monkeypatch.context() as wrong:
            wrong.setenv(name, value)
            assert drill.main([]) == 2
        assert reason in capsys.readouterr().err
    assert labs.ran == []


def test_without_a_word_it_is_the_newest(
    labs: Labs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "group_data" / "all.py"
    settings.parent.mkdir()
    settings.write_text('operator_folder = "."\nbackup_folder = "kept"\n')
    monkeypatch.setattr(drill, "CHECKOUT", tmp_path)
    monkeypatch.setenv("FROM", "")
    assert drill.main([]) == 2
    assert f"{tmp_path}/kept has no backup yet" in capsys.readouterr().err
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "platform-z-20260101T000000Z.tar").touch()
    os.utime(tmp_path / "kept" / "platform-z-20260101T000000Z.tar", (0, 0))
    newest = tmp_path / "kept" / "platform-a-20270101T000000Z.tar"
    shutil.copy(labs.brings, newest)
    assert drill.main([]) == 0
    assert newest.name in newest.with_name(drill.KEPT).read_text()


def test_make_hands_on_what_was_said() -> None:
    words = ["make", "--dry-run", "drill", "KEY=k", "ARGS=-v"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "FROM= KEY=k .venv/bin/python -m lab.drill -v" in output
