"""secrets.env by hand: read as it is meant, or refused by name; nothing is made twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import spec
from operate import secrets as subject
from spec.inventory import HostData
from spec.secrets import MADE, make_missing
from spec.secrets_file import entries, keep, name_in
from tests.unit.doubles import CHECKOUT, SECRETS
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]


@pytest.fixture
def only_file(monkeypatch: pytest.MonkeyPatch, secrets_file: Path) -> Path:
    """A file of strong secrets, to which a test adds its lines; nothing in the environment."""
    for name in MADE:
        monkeypatch.delenv(name.upper())
    monkeypatch.setattr(subject, "SECRETS_FILE", secrets_file)
    return secrets_file


def written(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    path.chmod(0o600)


def refused(hosts: Hosts) -> list[tuple[str, str]]:
    found = mistakes_of(hosts)
    assert all(one.where == "secrets" and one.value == "" for one in found)
    return [(one.setting, one.reason) for one in found]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("sudo_password=plain", "plain"),
        ("SUDO_PASSWORD=plain", "plain"),
        ("export sudo_password=plain", "plain"),
        ("  export  SUDO_PASSWORD = plain  ", "plain"),
        ("sudo_password=a+b/c=d:e@f%g,h-i_j.k!l", "a+b/c=d:e@f%g,h-i_j.k!l"),
        ("sudo_password='pa$$word'", "pa$$word"),
        ("sudo_password='pa${HOME}ss'", "pa${HOME}ss"),
        ("sudo_password='a #b'", "a #b"),
        ("sudo_password=' a '", " a "),
        ("sudo_password='it\\'s'", "it's"),
        ("sudo_password='a\"b'", 'a"b'),
        ("sudo_password='a' # mine", "a"),
        ('sudo_password="a #b"', "a #b"),
        ('sudo_password="a\'b"', "a'b"),
        ("sudo_password=plain\r", "plain"),
        ("\ufeffsudo_password=plain", "plain"),
        ("# mine\n\nsudo_password=plain\n\n# more", "plain"),
        ("sudo_password='pässwörd'", "pässwörd"),
    ],
)
def test_a_line_is_read_as_it_is_meant(
    hosts: Hosts, secrets_file: Path, line: str, value: str
) -> None:
    written(secrets_file, f"{line}\n")
    secret = spec.load(hosts).secrets.sudo_password
    assert secret is not None
    assert secret.get_secret_value() == value


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sudo_password=pa$$word", "holds $ without quotes"),
        ("sudo_password=pa${HOME}ss", "holds $ without quotes"),
        ("sudo_password=abc #def", "holds # and a blank without quotes"),
        ("sudo_password=abc#def", "holds # without quotes"),
        ("sudo_password=#abc", "holds # without quotes"),
        ("sudo_password= # later", "holds # and a blank without quotes"),
        ("sudo_password=abc def", "holds a blank without quotes"),
        ("sudo_password=abc'def", "holds ' without quotes"),
        ('sudo_password=abc"def"', 'holds " without quotes'),
        ("sudo_password=abc\\def", "holds \\ without quotes"),
        ("sudo_password=`id`", "holds ` without quotes"),
        ('sudo_password="pa${HOME}ss"', "holds $ between double quotes"),
        ('sudo_password="pa`id`ss"', "holds ` between double quotes"),
        ("sudo_password='abc", "in line 1 quotes do not end"),
        ("sudo_password='abc'def", "in line 1 quotes do not end, or something stands behind them"),
        ('sudo_password="abc" def', "in line 1 quotes do not end, or something stands behind them"),
        ("\n\nsudo_password", "in line 3 has no value: write sudo_password=…"),
        ("sudo_password=one\nsudo_password=two", "stands there twice"),
        ("sudo_password=one\nexport SUDO_PASSWORD=one", "stands there twice"),
    ],
)
def test_a_line_that_not_everybody_reads_alike_is_refused_by_name(
    hosts: Hosts, secrets_file: Path, line: str, reason: str
) -> None:
    written(secrets_file, f"{line}\n")
    ((name, told),) = refused(hosts)
    assert name == "sudo_password"
    assert told.startswith(reason)
    assert "abc" not in told


def test_a_file_that_is_no_text_is_refused(hosts: Hosts, secrets_file: Path) -> None:
    secrets_file.write_bytes(b"sudo_password='p\xe4ss'\n")
    secrets_file.chmod(0o600)
    assert refused(hosts) == [("secrets.env", "not a text in UTF-8: write it anew with an editor")]


def test_nothing_is_not_a_secret(hosts: Hosts, secrets_file: Path) -> None:
    written(secrets_file, "sudo_password=\nrunner_token=''\ngitlab_token=\n")
    found = spec.load(hosts).secrets
    assert (found.sudo_password, found.runner_token, found.gitlab_token) == (None, None, None)


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        ("runner_token=glpat-0123456789abcdefghij", "runner_token", "which is gitlab_token"),
        ("gitlab_token=glrt-0123456789abcdefghij", "gitlab_token", "which is runner_token"),
        ("gitlab_token='glpat 0123'", "gitlab_token", "holds a blank"),
    ],
)
def test_one_token_in_place_of_the_other_is_refused(
    hosts: Hosts, secrets_file: Path, line: str, name: str, reason: str
) -> None:
    written(secrets_file, f"{line}\n")
    ((told, why),) = refused(hosts)
    assert told == name
    assert reason in why
    assert "0123" not in why


@pytest.mark.parametrize(
    "line",
    [
        "export harbor_admin_password=Mine0OwnPassword",
        "  HARBOR_ADMIN_PASSWORD = 'Mine0OwnPassword'",
        'export\tHarbor_Admin_Password="Mine0OwnPassword"  # mine',
    ],
)
def test_one_that_is_there_is_never_made_a_second_time(
    hosts: Hosts, only_file: Path, line: str
) -> None:
    written(only_file, line)
    for _ in range(2):
        assert subject.main() == 0
    text = only_file.read_text()
    assert text.startswith(f"{line}\n")
    assert text.lower().count("harbor_admin_password") == 1
    assert spec.load(hosts).secrets.harbor_admin_password.get_secret_value() == "Mine0OwnPassword"


def test_an_empty_one_is_made_in_its_place(hosts: Hosts, only_file: Path) -> None:
    written(only_file, "harbor_admin_password=\n# mine\n")
    assert subject.main() == 0
    assert only_file.read_text().count("harbor_admin_password") == 1
    assert only_file.read_text().startswith("# mine\n")
    assert spec.load(hosts)


def test_a_file_that_cannot_be_believed_is_left_alone(
    only_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(only_file, "harbor_admin_password='Mine0Own\n")
    assert subject.main() == 1
    assert only_file.read_text() == "harbor_admin_password='Mine0Own\n"
    output = capsys.readouterr().err
    assert "secrets.env is not what it seems; nothing was written." in output
    assert "harbor_admin_password: in line 1 quotes do not end" in output
    assert "Mine0Own" not in output


@pytest.mark.parametrize("value", ["plain", "pa$$ #word", "it's", "a\\b", '"quoted"', " a "])
def test_what_is_kept_is_read_back(hosts: Hosts, secrets_file: Path, value: str) -> None:
    written(secrets_file, "# mine\nexport SUDO_PASSWORD='one\ntwo'\ngitlab_token=glpat-x")
    keep({"sudo_password": value}, secrets_file)
    found = spec.load(hosts).secrets
    assert found.sudo_password is not None
    assert found.sudo_password.get_secret_value() == value
    assert found.gitlab_token is not None
    assert secrets_file.read_text().startswith("# mine\ngitlab_token=glpat-x\nsudo_password=")
    assert secrets_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "name"),
    [("export A=b", "a"), ("A = b", "a"), ("# a=b", ""), ("", ""), ("a", "a")],
)
def test_the_name_in_a_line(line: str, name: str) -> None:
    assert name_in(line) == name


def test_an_empty_file_that_others_may_read_becomes_private(only_file: Path) -> None:
    only_file.touch(mode=0o644)
    only_file.chmod(0o644)
    assert subject.main() == 0
    assert only_file.stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_where_the_environment_has_everything(secrets_file: Path) -> None:
    assert make_missing(secrets_file) == []
    assert not secrets_file.exists()


@pytest.mark.parametrize("verb", ["deploy", "status", "smoke", "harbor-back", "migrate", "live"])
def test_no_verb_makes_secrets_but_the_one_for_it(verb: str) -> None:
    def told(verb: str) -> str:
        return subprocess.check_output(["make", "-n", "-o", ".venv", verb], cwd=CHECKOUT, text=True)

    assert "operate.secrets" in told("secrets")
    assert "secrets" not in told(verb)


def test_asking_a_platform_without_its_secrets_says_so_and_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    env = {name: value for name, value in os.environ.items() if name not in SECRETS}
    for verb in ("smoke", "status"):
        done = subprocess.run(
            [sys.executable, "-m", f"operate.{verb}", "tests/unit/fake_inventory.py"],
            cwd=CHECKOUT,
            env={**env, "THREEBODY_SECRETS": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        bring = "missing: bring secrets.env from where the platform was deployed"
        assert f"secrets: harbor_admin_password: {bring}" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line", ["set -a", "declare -x gitlab_token=x", "gitlab_token: x", '{"gitlab_token": "x"}']
)
def test_what_sets_no_secret_is_told_how_to(line: str) -> None:
    (entry,) = entries(f"{line}\n")
    assert entry.reason.startswith("in line 1 is no NAME=value")
