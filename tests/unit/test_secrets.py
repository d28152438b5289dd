"""Secrets: made strong and private, kept, named when they are missing, never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import spec
from operate import secrets as subject
from spec import Refused
from spec.inventory import HostData
from spec.secrets import MADE, Secrets, strong
from spec.secrets_file import keep
from tests.unit.refusals import mistakes_of


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch, secrets_file: Path) -> None:
    for name in MADE:
        monkeypatch.delenv(name.upper())
    monkeypatch.setattr(subject, "SECRETS_FILE", secrets_file)


def refusals(hosts: list[HostData]) -> dict[str, str]:
    found = {}
    for mistake in mistakes_of(hosts):
        assert mistake.where == "secrets"
        found[mistake.setting] = mistake.reason
    return found


def test_made_secrets_are_private_and_accepted(hosts: list[HostData], secrets_file: Path) -> None:
    assert subject.main() == 0
    assert secrets_file.stat().st_mode & 0o777 == 0o600
    made = spec.load(hosts).secrets
    for name in MADE:
        assert f"{name}={getattr(made, name).get_secret_value()}\n" in secrets_file.read_text()


def test_making_them_prints_names_and_no_value(
    secrets_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subject.main()
    output = capsys.readouterr().out
    assert output == f"secrets.env has new secrets: {', '.join(MADE)}.\n"


def test_what_is_there_is_never_overwritten(secrets_file: Path) -> None:
    own = "\n".join(f"{name.upper()}=Own0password" for name in MADE)
    secrets_file.write_text(f"# mine\nsudo_password=s\n{own}")
    secrets_file.chmod(0o600)
    before = secrets_file.read_text()
    subject.main()
    assert secrets_file.read_text() == before


def test_what_is_missing_is_added_below_what_is_there(secrets_file: Path) -> None:
    secrets_file.write_text("sudo_password=s")  # an editor that ends no line
    secrets_file.chmod(0o600)
    subject.main()
    lines = secrets_file.read_text().splitlines()
    assert lines[0] == "sudo_password=s"
    assert [line.partition("=")[0] for line in lines[1:]] == list(MADE)


def test_a_secret_of_the_environment_is_not_written_down(
    monkeypatch: pytest.MonkeyPatch, secrets_file: Path
) -> None:
    for name in MADE:
        monkeypatch.setenv(name.upper(), strong())
    assert subject.main() == 0
    assert not secrets_file.exists()


def test_the_environment_wins(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch, secrets_file: Path
) -> None:
    subject.main()
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", "FromThe0environment")
    secret = spec.load(hosts).secrets.harbor_admin_password
    assert secret.get_secret_value() == "FromThe0environment"


def test_made_secrets_differ_and_are_long() -> None:
    made = {strong() for _ in range(100)}
    assert len(made) == 100
    for value in made:
        assert len(value) == 32
        assert value.isalnum()


def test_a_missing_one_is_named_with_what_to_do(hosts: list[HostData]) -> None:
    told = refusals(hosts)["harbor_admin_password"]
    assert told == (
        "missing: bring secrets.env from where the platform was deployed, or set"
        " HARBOR_ADMIN_PASSWORD; for a new platform `make secrets` makes one"
    )


def test_an_unknown_one_is_named_with_the_nearest(
    hosts: list[HostData], secrets_file: Path
) -> None:
    secrets_file.write_text("harbor_admin_pasword=Abcdefg8\n")
    secrets_file.chmod(0o600)
    told = refusals(hosts)
    assert told["harbor_admin_pasword"] == "unknown secret; did you mean harbor_admin_password?"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(
    hosts: list[HostData], secrets_file: Path, mode: int
) -> None:
    secrets_file.write_text("harbor_admin_password=Abcdefg8\n")
    secrets_file.chmod(mode)
    assert refusals(hosts) == {"secrets.env": "others may read it: chmod 600 secrets.env"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("Short1x", "7 characters long; Harbor accepts 8 to 128"),
        ("A1" + "a" * 127, "129 characters long; Harbor accepts 8 to 128"),
        ("alllower0case", "Harbor wants an upper-case letter, a lower-case letter and a digit"),
        ("NoDigitInHere", "Harbor wants an upper-case letter, a lower-case letter and a digit"),
    ],
)
def test_one_that_its_product_refuses_is_refused_without_its_value(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", value)
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    assert reason in str(refused.value)
    assert value not in str(refused.value)


def test_no_secret_shows_in_the_repr_of_a_platform(hosts: list[HostData]) -> None:
    subject.main()
    platform = spec.load(hosts)
    for name in Secrets.model_fields:
        secret = getattr(platform.secrets, name)
        assert secret is None or secret.get_secret_value() not in repr(platform)


def test_a_secret_is_on_the_disk_before_anybody_can_read_it(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(secrets_file.exists()))
    keep({"sudo_password": "x"}, secrets_file)
    # Then its folder, or the next one written may be there without it.
    assert seen == [False, True]
