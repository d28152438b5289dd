"""A migration by hand: the repository's script with what it needs, and nothing left behind."""

from __future__ import annotations

import getpass
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.command import FunctionCommand, StringCommand

import spec
from operations import application
from spec import Refused
from spec.load import HostData
from tasks import preflight
from tests.unit.conftest import OnHost
from tests.unit.doubles import HOUSE, StubHost, commands, parses, sh, tool

ME = getpass.getuser()
SECRET = "token: fromTheCluster99"
SHOW = """stat -c %a "$KUBECONFIG_PROD"; cat "$KUBECONFIG_PROD"; echo "seed $SEED of $MIRROR"
echo "$KUBECONFIG_PROD" >where; exit ${FAIL:-0}"""


class Aloud(StubHost):
    """A host that runs a command here, with what it gets on standard input."""

    tools: Path
    said = ""

    def run_shell_command(self, command: StringCommand, **more: Any) -> tuple[bool, list[str]]:
        text = command.get_raw_value()
        assert parses(text)
        assert SECRET not in text
        assert more["print_output"]
        done = sh(text, stdin=more["_stdin"], tools=self.tools)
        self.said = done.stdout + done.stderr
        return done.returncode == 0, []


@pytest.fixture
def host(tmp_path: Path, on_host: OnHost) -> Aloud:
    on_host()
    made = Aloud("vm-docker")
    made.tools = tmp_path / "bin"
    tool(made.tools, "runuser", 'shift 3; exec "$@"')
    return made


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    """An application whose script shows what it was given; a kubeconfig on this machine."""
    folder = tmp_path / "srv of all"
    (folder / "deploy").mkdir(parents=True)
    tool(folder / "deploy/ci", "migrate.sh", SHOW)
    kubeconfig = tmp_path / "kubeconfig-ci"
    kubeconfig.write_text(f"{SECRET}\n")
    more = {"folder": str(folder), "owner": ME, "kubeconfig": kubeconfig}
    return {**more, "seed": True, "variables": {"MIRROR": "http://a b"}}


def run(host: Aloud, arguments: dict[str, Any]) -> bool:
    (command,) = application.migrated._inner(**arguments)
    assert isinstance(command, FunctionCommand)
    return bool(command.function(None, host, *command.args))


@pytest.mark.parametrize("fails", ["", "1"])
def test_the_script_gets_a_private_kubeconfig_that_is_gone_afterwards(
    host: Aloud, arguments: dict[str, Any], fails: str
) -> None:
    arguments["variables"] |= {"FAIL": fails} if fails else {}
    assert run(host, arguments) == (not fails)
    assert host.said.splitlines() == ["600", SECRET, "seed true of http://a b"]
    where = Path((Path(arguments["folder"]) / "where").read_text().strip())
    assert not where.exists()


def test_nobody_is_seeded_unasked(host: Aloud, arguments: dict[str, Any]) -> None:
    assert run(host, {**arguments, "seed": False})
    assert "seed false" in host.said


def test_without_a_kubeconfig_it_is_refused(on_host: OnHost, arguments: dict[str, Any]) -> None:
    on_host()
    arguments["kubeconfig"].unlink()
    (refusal,) = commands(application.migrated, **arguments)
    assert "is not here: a deploy brings it, run that first" in refusal.get_raw_value()


@pytest.fixture
def migrated(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[dict[str, Any]]]:
    """Run the deploy for every machine; what it asks of the operation."""
    platform = spec.load(hosts)
    called: list[dict[str, Any]] = []
    monkeypatch.setattr(application, "migrated", lambda **given: called.append(given))
    monkeypatch.setattr(preflight, "apply", lambda: platform)

    def run() -> list[dict[str, Any]]:
        for machine in platform.machines:
            on_host({}, machine.name, machine.groups)
            runpy.run_path(str(HOUSE / "operate/migrate.py"))
        return called

    return run


def test_the_command_is_for_the_docker_host_with_its_settings(
    migrated: Callable[[], list[dict[str, Any]]],
) -> None:
    (given,) = migrated()
    assert given["folder"] == "/srv/threebody"
    assert (given["seed"], given["owner"]) == (False, "admin")
    assert given["kubeconfig"] == HOUSE / "kubeconfig-ci"


@pytest.mark.parametrize(("word", "is_on"), [("1", True), ("0", False), ("", False)])
def test_a_shop_is_filled_where_make_migrate_is_told_so(
    migrated: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    is_on: bool,
) -> None:
    monkeypatch.setenv("SEED", word)
    (given,) = migrated()
    assert given["seed"] is is_on


def test_another_word_for_it_is_refused(
    migrated: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEED", "perhaps")
    with pytest.raises(Refused, match="SEED is 'perhaps'; write SEED=1, or leave it out"):
        migrated()


def test_make_hands_the_word_on() -> None:
    words = ["make", "--dry-run", "migrate", "SEED=1", "ARGS=-y"]
    said = subprocess.run(words, cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    assert "SEED=1 .venv/bin/pyinfra inventory.py operate/migrate.py -y\n" in said
