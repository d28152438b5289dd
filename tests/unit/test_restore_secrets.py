"""The secrets of a backup: those that are missing come back, and one that is there stays."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from operate import restore_secrets
from spec import Platform
from spec.secrets_file import read
from tests.unit.backups import Made, Run, age, back_up, here, machines
from tests.unit.doubles import PASSWORD

__all__ = ["age", "back_up", "here", "machines"]  # fixtures


@pytest.fixture
def words(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    secrets_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """What is written after the program's name, to have a backup's secrets."""
    assert back_up(machines())
    monkeypatch.setattr(restore_secrets, "SECRETS_FILE", secrets_file)
    given = ["restore-secrets", str(next(here.backups.iterdir())), str(age)]
    monkeypatch.setattr(sys, "argv", given)
    return given


def test_what_is_missing_comes_back_and_no_value_is_printed(
    words: list[str], secrets_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets_file.write_text(f"harbor_admin_password={PASSWORD}\n# mine\n")
    assert restore_secrets.main() == 0
    kept = {entry.name: entry.value for entry in read(secrets_file)}
    assert kept["database_root_password"] == PASSWORD
    assert secrets_file.stat().st_mode & 0o777 == 0o600
    assert "# mine\n" in secrets_file.read_text()
    output = capsys.readouterr().out
    assert "database_root_password" in output
    assert PASSWORD not in output
    assert restore_secrets.main() == 0
    assert "has new secrets: none." in capsys.readouterr().out


def test_another_value_is_no_mistake_to_mend_in_silence(
    words: list[str], secrets_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets_file.write_text("harbor_admin_password=Another0Password\n")
    assert restore_secrets.main() == 1
    assert "has other values of harbor_admin_password than the backup" in capsys.readouterr().err
    assert secrets_file.read_text() == "harbor_admin_password=Another0Password\n"


def test_another_key_or_another_file_changes_nothing(
    words: list[str], age: Path, secrets_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    age.write_text("another\n")
    assert restore_secrets.main() == 1
    Path(words[1]).write_text("no backup")
    assert restore_secrets.main() == 1
    output = capsys.readouterr().err
    assert "no identity matched any of the recipients. Nothing was touched." in output
    assert "cannot be read, or was cut off" in output
    assert not secrets_file.exists()
