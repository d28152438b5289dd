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
from spec.inventory import HostData
from tasks import preflight
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, StubHost, commands, parses, sh, tool

ME = getpass.getuser()
SECRET = "token: fromTheCluster99"
SHOW = """stat -c %a "$KUBECONFIG_PROD"; cat "$KUBECONFIG_PROD"; echo "seed $SEED of $MIRROR"
echo "$KUBECONFIG_PROD" "$PWD" >"$WHERE"; exit ${FAIL:-0}"""


class Aloud(StubHost):
    """A host that runs a command here, with what it gets on standard input."""

    tools: Path
    shown = ""

    def run_shell_command(self, command: StringCommand, **extra: Any) -> tuple[bool, list[str]]:
        text = command.get_raw_value()
        assert parses(text)
        assert SECRET not in text
        assert extra["print_output"]
        done = sh(text, stdin=extra["_stdin"], tools=self.tools)
        self.shown = done.stdout + done.stderr
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
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    kubeconfig = tmp_path / "kubeconfig-ci"
    kubeconfig.write_text(f"{SECRET}\n")
    extra = {"folder": str(folder), "owner": ME, "kubeconfig": kubeconfig}
    return {
        **extra,
        "seed": True,
        "variables": {"MIRROR": "http://a b", "WHERE": f"{tmp_path}/where"},
    }


def git(folder: Path, *words: str | Path) -> str:
    who = ("-c", "user.name=dev", "-c", "user.email=dev@example.org")
    return subprocess.check_output(["git", *who, *words], cwd=folder, text=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=change")


def run(host: Aloud, arguments: dict[str, Any]) -> bool:
    (command,) = application.migrate._inner(**arguments)
    assert isinstance(command, FunctionCommand)
    return bool(command.function(None, host, *command.args))


@pytest.mark.parametrize("fails", ["", "1"])
def test_the_script_gets_a_private_kubeconfig_that_is_gone_afterwards(
    host: Aloud, arguments: dict[str, Any], fails: str
) -> None:
    arguments["variables"] |= {"FAIL": fails} if fails else {}
    assert run(host, arguments) == (not fails)
    assert host.shown.splitlines() == ["600", SECRET, "seed true of http://a b"]
    left = Path(arguments["variables"]["WHERE"]).read_text().split()
    assert len(left) == 2
    assert not any(Path(path).exists() for path in left)


def test_what_main_has_at_gitlab_is_what_runs(
    host: Aloud, arguments: dict[str, Any], tmp_path: Path
) -> None:
    folder, elsewhere = Path(arguments["folder"]), tmp_path / "elsewhere"
    git(tmp_path, "clone", "--quiet", "--bare", folder, "gitlab")
    git(folder, "remote", "add", "origin", tmp_path / "gitlab")
    git(tmp_path, "clone", "--quiet", "gitlab", elsewhere)
    tool(elsewhere / "deploy/ci", "migrate.sh", 'echo "the new one of $TAG"')
    commit(elsewhere)
    git(elsewhere, "push", "--quiet")
    assert run(host, arguments)
    made = git(elsewhere, "rev-parse", "--short=8", "HEAD").strip()
    assert host.shown.strip() == f"the new one of {made}"
    assert git(folder, "status", "--short") == ""


def test_a_main_that_cannot_be_fetched_is_told(
    host: Aloud, arguments: dict[str, Any], tmp_path: Path
) -> None:
    git(Path(arguments["folder"]), "remote", "add", "origin", tmp_path / "nowhere")
    assert not run(host, arguments)
    assert f"main of {tmp_path}/nowhere cannot be fetched: was it pushed" in host.shown


def test_nobody_is_seeded_unasked(host: Aloud, arguments: dict[str, Any]) -> None:
    assert run(host, {**arguments, "seed": False})
    assert "seed false" in host.shown


def test_without_a_kubeconfig_it_is_refused(on_host: OnHost, arguments: dict[str, Any]) -> None:
    on_host()
    arguments["kubeconfig"].unlink()
    (refusal,) = commands(application.migrate, **arguments)
    assert "is not here: a deploy brings it, run that first" in refusal.get_raw_value()


@pytest.fixture
def migrated(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[dict[str, Any]]]:
    """Run the deploy for every machine; what it asks of the operation."""
    platform = spec.load(hosts)
    called: list[dict[str, Any]] = []
    monkeypatch.setattr(application, "migrate", lambda **given: called.append(given))
    monkeypatch.setattr(preflight, "apply", lambda: platform)

    def run() -> list[dict[str, Any]]:
        for machine in platform.machines:
            on_host({}, machine.name, machine.groups)
            runpy.run_path(str(CHECKOUT / "operate/migrate.py"))
        return called

    return run


def test_the_command_is_for_the_docker_host_with_its_settings(
    migrated: Callable[[], list[dict[str, Any]]],
) -> None:
    (given,) = migrated()
    assert given["folder"] == "/srv/threebody"
    assert (given["seed"], given["owner"]) == (False, "admin")
    assert given["kubeconfig"] == CHECKOUT / "kubeconfig-ci"


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
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "SEED=1 .venv/bin/pyinfra inventory.py operate/migrate.py -y\n" in output
