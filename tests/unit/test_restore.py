"""A backup is put back where it belongs, and refused before anything is touched anywhere else."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest
from pyinfra.api.command import FunctionCommand

import spec
from facts.kubernetes import ControlPlane, ControlPlaneState, Kubelet, KubeletState
from operations import backup, restore, streams
from operations.backup_archive import Backup
from operations.backup_parts import CHECKS, repository
from spec import Platform, Refused
from spec.inventory import HostData
from tests.unit.archives import PIN
from tests.unit.backups import Made, Run, age, back_up, here, machines
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, StubHost, changed, commands, sh, tool

__all__ = ["age", "back_up", "here", "machines"]  # fixtures
USED = "something"


@pytest.fixture
def taken(
    here: Platform,
    age: Path,
    machines: Made,
    back_up: Run,
    on_host: OnHost,
    answers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A backup of this platform, whose machines have nothing that would be replaced."""
    assert back_up(machines())

    def answer(host: Any, words: Any) -> str:
        return next((answers[word] for word in answers if word in " ".join(words)), "0")

    monkeypatch.setattr(streams, "answer", answer)
    on_host({ControlPlane: ControlPlaneState(ca=PIN), Kubelet: KubeletState(ca=PIN)})
    (path,) = here.backups.iterdir()
    return path


@pytest.fixture
def answers() -> dict[str, str]:
    """What machines say when they are asked whether something is in use: nothing, or these."""
    return {}


def fit(
    platform: Platform, path: Path, key: Path, only: str = "", confirmed: bool = False
) -> Backup:
    return restore.fitting(platform, path, key, only, confirmed)


def test_all_of_it_is_put_back_in_the_order_of_what_needs_what(
    here: Platform, taken: Path, age: Path
) -> None:
    found = fit(here, taken, age)
    assert restore.chosen(found, "") == ["certificates", "repository", "harbor", "etcd", "mysql"]
    assert restore.chosen(found, "mysql") == ["mysql"]


@pytest.mark.parametrize(
    ("only", "words"),
    [
        ("mysql", ["app-database", "restore", "threebody-prod", "/data/threebody/mysql"]),
        ("harbor", ["harbor-restore", "/data/harbor", "2.14.1"]),
    ],
)
def test_each_part_is_given_to_its_machine_as_it_was(
    here: Platform,
    taken: Path,
    age: Path,
    monkeypatch: pytest.MonkeyPatch,
    only: str,
    words: list[str],
) -> None:
    given: dict[str, Any] = {}

    def send(host: Any, command: Any, content: BinaryIO) -> None:
        given.update(host=host.name, words=command, content=content.read())

    monkeypatch.setattr(streams, "send", send)
    found = fit(here, taken, age, only)
    (command,) = commands(restore.part, platform=here, found=found, part=only, key=age)
    assert isinstance(command, FunctionCommand)
    state = SimpleNamespace(inventory=SimpleNamespace(get_host=StubHost))
    assert command.function(state, StubHost("any"), *command.args)
    assert given["host"] == {"mysql": "vm-worker", "harbor": "vm-docker"}[only]
    assert list(given["words"][3 : 3 + len(words)]) == words
    with found.content(only, age) as content:
        assert given["content"] == content.read()
    if only == "mysql":
        assert given["words"][-1] == found.part("mysql").about["rows"]


def test_a_machine_that_refuses_it_fails_the_run_with_its_own_words(
    here: Platform,
    taken: Path,
    age: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def send(*_: Any) -> None:
        raise streams.Broken("12 MiB free on /data/harbor, 300 are needed there: make room")

    monkeypatch.setattr(streams, "send", send)
    found = fit(here, taken, age)
    (command,) = commands(restore.part, platform=here, found=found, part="harbor", key=age)
    assert isinstance(command, FunctionCommand)
    state = SimpleNamespace(inventory=SimpleNamespace(get_host=StubHost))
    assert not command.function(state, StubHost("any"), *command.args)
    assert "it was not restored: 12 MiB free on /data/harbor" in caplog.text


def test_an_earlier_checkouts_that_says_less_of_itself_is_put_back(
    here: Platform, taken: Path, age: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS, "repository", lambda content: {**repository(content), "x": "y"})
    assert fit(here, taken, age, "repository")
    monkeypatch.setitem(CHECKS, "repository", lambda content: {"main": "another"})
    assert "was changed: repository" in refusal(here, taken, age, "repository")


def refusal(*arguments: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused:
        fit(*arguments, **named)
    assert str(refused.value).endswith("Nothing was touched.")
    return str(refused.value)


def test_a_damaged_one_is_refused(here: Platform, taken: Path, age: Path) -> None:
    taken.write_bytes(taken.read_bytes()[:-3000])
    assert "is no whole backup" in refusal(here, taken, age)


def test_one_that_is_not_there_is_refused(here: Platform, age: Path, tmp_path: Path) -> None:
    assert "No such file" in refusal(here, tmp_path / "none.tar", age)


def test_another_key_is_refused(here: Platform, taken: Path, age: Path) -> None:
    age.write_text("another\n")
    assert "no identity matched any of the recipients" in refusal(here, taken, age)


def test_another_platforms_is_refused(taken: Path, age: Path, hosts: list[HostData]) -> None:
    other = spec.load(changed(hosts, "k8s_control", address="192.168.56.53"))
    assert "is of another platform, vm-k8s at https://192.168.56.43" in refusal(other, taken, age)


def test_a_later_checkouts_is_refused(
    here: Platform, taken: Path, age: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "version", lambda: "0.0.9")
    assert "is newer than this checkout (version 0.1.0, and here 0.0.9)" in refusal(
        here, taken, age
    )


def test_of_another_harbor_it_is_refused(taken: Path, age: Path, hosts: list[HostData]) -> None:
    other = spec.load(changed(hosts, "docker_host", harbor_version="2.14.2"))
    assert "is of Harbor 2.14.1, and harbor_version is 2.14.2" in refusal(other, taken, age)
    assert fit(other, taken, age, "mysql")


def test_of_another_cluster_it_is_refused(
    here: Platform, taken: Path, age: Path, on_host: OnHost
) -> None:
    on_host({ControlPlane: ControlPlaneState(ca="another"), Kubelet: KubeletState()})
    assert "is of another cluster" in refusal(here, taken, age)
    assert fit(here, taken, age, "harbor")


def test_a_part_that_it_has_not_is_refused_with_those_that_it_has(
    here: Platform, taken: Path, age: Path
) -> None:
    output = refusal(here, taken, age, "secrets")
    assert "it has certificates, repository, harbor, etcd, mysql" in output


@pytest.mark.parametrize(
    ("word", "what", "only"),
    [
        ("tables", "the database's tables", "mysql"),
        ("repositories", "Harbor's images", "harbor"),
        ("/var/lib/etcd/member", "the cluster", "etcd"),
        ("/opt/edge/certs", "the edge's certificate", "certificates"),
    ],
)
def test_what_is_in_use_is_replaced_only_when_somebody_says_so(
    here: Platform,
    taken: Path,
    age: Path,
    answers: dict[str, str],
    word: str,
    what: str,
    only: str,
) -> None:
    answers[word] = USED
    assert f"would take the place of {what}: say CONFIRM=1" in refusal(here, taken, age, only)
    assert fit(here, taken, age, only, confirmed=True)


@pytest.mark.parametrize("name", ["FROM", "KEY"])
def test_an_archive_and_a_key_are_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in ("FROM", "KEY"):
        monkeypatch.setenv(one, "" if one == name else "x")
    with pytest.raises(Refused, match=f"{name} is empty: write FROM=, with an archive"):
        runpy.run_path(str(CHECKOUT / "operate/restore.py"))


def test_a_worker_that_is_bare_joins_once_the_cluster_misses_it(tmp_path: Path) -> None:
    (command,) = commands(restore.wait_until_missed, nodes=["vm-worker"])
    tool(
        tmp_path,
        "kubectl",
        f"echo x >>{tmp_path}/asked; [ $(wc -l <{tmp_path}/asked) -gt 2 ] || echo True",
    )
    tool(tmp_path, "sleep", "exit 0")
    assert sh(command.get_raw_value(), tools=tmp_path).returncode == 0
    assert len((tmp_path / "asked").read_text().splitlines()) == 3


def test_make_hands_on_what_was_said() -> None:
    words = ["make", "--dry-run", "restore", "FROM=b.tar", "KEY=k", "ONLY=mysql", "ARGS=-y"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "FROM=b.tar KEY=k ONLY=mysql CONFIRM=" in output
    assert "operate/restore.py -y" in output
