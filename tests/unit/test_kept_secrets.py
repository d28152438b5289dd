"""A checkout with other secrets than the platform's is refused before anything is written."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import FactProcessError

from facts.kept import Digests, digest
from operations.encryption import configuration
from spec import Platform
from spec.secrets import MADE, strong
from tasks.preflight import kept as subject
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, SECRETS, StubHost, parses, sh, tool
from tests.unit.tasks_run import files_of, run

PYINFRA = Path(sys.executable).with_name("pyinfra")
ONCE = {
    "vm-docker": {"harbor_admin_password"},
    "vm-k8s": {"kubernetes_encryption_key", "database_root_password"},
    "vm-worker": set[str](),
}
KUBECTL = """case "$*" in
  *exec*) IFS= read -r given; [ "$given" = "${LETS_IN:-}" ];;
esac"""
CURL = """case "$*" in
  *"/namespaces/threebody-prod/secrets/app-secrets?pretty=true")
    printf '    "MYSQL_ROOT_PASSWORD": "%s",\\n' "$(printf %s "$ROOT" | base64 --wrap 0)";;
  *) IFS= read -r given; [ "$given" = "user = \\"admin:${LETS_IN:-}\\"" ];;
esac"""


class Here(StubHost):
    """A machine in a folder: what it is asked is done here, with its paths below that folder."""

    def __init__(self, name: str, groups: tuple[str, ...], root: Path) -> None:
        super().__init__(name, groups)
        self.root = root

    def get_fact(self, fact: Any, **arguments: Any) -> Any:
        done = self._sh(fact().command(**arguments))
        return fact().process(done.stdout.splitlines())

    def run_shell_command(self, command: StringCommand, **extra: Any) -> tuple[bool, Any]:
        text = command.get_raw_value()
        assert extra["_stdin"] not in text
        return self._sh(text, extra["_stdin"] + "\n").returncode == 0, None

    def _sh(self, command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        assert parses(command)
        for path in ("/opt/", "/etc/"):
            command = command.replace(f" {path}", f" {self.root}{path}")
        return sh(command, stdin=stdin, tools=self.root / "bin")


@pytest.fixture
def deployed(
    platform: Platform, tmp_path: Path, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """What a run with these secrets has left on its machines, all in one folder."""
    files = files_of(run("docker_host", "vm-docker", platform, on_host, monkeypatch))
    files["/opt/harbor/harbor.yml"] = files["/etc/harbor/harbor.yml"]
    encryption = "/etc/kubernetes/encryption.yaml"
    files[encryption] = configuration(platform)
    for path in ("/opt/harbor/harbor.yml", "/etc/harbor/admin.curl", encryption):
        (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path[1:]).write_text(files[path].content)
    (tmp_path / "etc/kubernetes/admin.conf").touch()
    tool(tmp_path / "bin", "kubectl", KUBECTL)
    tool(tmp_path / "bin", "curl", CURL)
    monkeypatch.setenv("ROOT", platform.secrets.database_root_password.get_secret_value())
    return tmp_path


def found(platform: Platform, name: str, root: Path) -> dict[str, bool]:
    host: Any = Here(name, platform.machine(name).groups, root)
    return {one.name: differs for one, differs in subject.differing(host, platform).items()}


def of_somebody_else(platform: Platform) -> Platform:
    """The same with a secrets.env that was made elsewhere."""
    made = {name: SecretStr(make() + "9") for name, make in MADE.items() if make is strong}
    return replace(platform, secrets=platform.secrets.model_copy(update=made))


@pytest.mark.parametrize("name", ONCE)
def test_a_bare_machine_keeps_nothing(platform: Platform, name: str, tmp_path: Path) -> None:
    assert found(platform, name, tmp_path) == {}


@pytest.mark.parametrize(("name", "secrets"), ONCE.items())
def test_the_platforms_own_secrets_are_known(
    platform: Platform, name: str, secrets: set[str], deployed: Path
) -> None:
    assert found(platform, name, deployed) == dict.fromkeys(secrets, False)


@pytest.mark.parametrize(("name", "secrets"), ONCE.items())
def test_other_secrets_are_named_with_what_to_do(
    platform: Platform, name: str, secrets: set[str], deployed: Path
) -> None:
    host: Any = Here(name, platform.machine(name).groups, deployed)
    differing = subject.differing(host, of_somebody_else(platform))
    told = [str(mistake) for mistake in subject.findings({host: differing})]
    assert {line.split(": ")[1] for line in told} == secrets
    bring = f"is not what {name} has: bring secrets.env from where the platform was deployed. "
    assert all(bring in line for line in told)


@pytest.mark.parametrize(
    ("name", "secret"),
    [("vm-docker", "harbor_admin_password"), ("vm-k8s", "database_root_password")],
)
def test_one_that_was_changed_where_it_counts_first_is_taken(
    platform: Platform, name: str, secret: str, deployed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = of_somebody_else(platform)
    monkeypatch.setenv("LETS_IN", getattr(changed.secrets, secret).get_secret_value())
    assert found(changed, name, deployed)[secret] is False
    monkeypatch.setenv("LETS_IN", "another one")
    assert found(changed, name, deployed)[secret] is True


@pytest.mark.parametrize(
    ("name", "secret"),
    [("vm-docker", "harbor_admin_password"), ("vm-k8s", "kubernetes_encryption_key")],
)
def test_one_that_is_turned_over_may_be_the_old_one_still(
    platform: Platform, name: str, secret: str, deployed: Path
) -> None:
    other = platform.secrets.model_copy(update={secret: SecretStr(strong())})
    turned = replace(platform, secrets=other, before={secret: getattr(platform.secrets, secret)})
    assert found(turned, name, deployed)[secret] is False
    assert found(replace(turned, before={}), name, deployed)[secret] is True


def test_of_two_keys_the_first_is_the_clusters(platform: Platform, deployed: Path) -> None:
    name = "kubernetes_encryption_key"
    other = platform.secrets.model_copy(update={name: SecretStr(strong())})
    turned = replace(
        platform, secrets=other, before={name: platform.secrets.kubernetes_encryption_key}
    )
    written = configuration(turned)
    (deployed / written.path[1:]).write_text(written.content)
    assert found(turned, "vm-k8s", deployed)[name] is False
    assert found(replace(turned, before={}), "vm-k8s", deployed)[name] is False


def test_those_that_a_run_changes_may_change(platform: Platform, deployed: Path) -> None:
    names = ("harbor_push_secret", "harbor_pull_secret", "harbor_database_password")
    others = {name: SecretStr(strong()) for name in names}
    changed = replace(platform, secrets=platform.secrets.model_copy(update=others))
    assert not any(found(changed, "vm-docker", deployed).values())


def test_an_answer_says_nothing_of_the_secret_and_is_another_one_each_time() -> None:
    texts = [Digests().command({"a": "echo secret"}, salt) for salt in ("one", "two")]
    answers = [Digests().process(sh(text).stdout.splitlines())["a"] for text in texts]
    assert answers == [digest("one", "secret"), digest("two", "secret")]
    assert len(set(answers)) == 2


def deploy(path: Path, *words: str, kept: str = "") -> subprocess.CompletedProcess[str]:
    """A run on machines that are none, from a checkout whose secrets would be at that path."""
    env = {name: value for name, value in os.environ.items() if name not in SECRETS}
    arguments = ("--data", f"operator_folder={path.parent}", *words)
    return subprocess.run(
        [PYINFRA, "tests/unit/fake_inventory.py", "deploy.py", *arguments],
        cwd=CHECKOUT,
        env={**env, "THREEBODY_SECRETS": str(path), "FAKE_KEPT": kept, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_first_run_keeps_the_secrets_that_it_made(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    done = deploy(path, "-y")
    assert f"--> secrets.env has new secrets: {', '.join(MADE)}" in done.stderr
    assert {line.partition("=")[0] for line in path.read_text().splitlines()} == set(MADE)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_plan_keeps_none(tmp_path: Path) -> None:
    assert deploy(tmp_path / "secrets.env", "--dry").returncode == 0
    assert not (tmp_path / "secrets.env").exists()


def test_a_new_checkout_makes_up_nothing_for_a_platform_that_is_there(tmp_path: Path) -> None:
    done = deploy(tmp_path / "secrets.env", "-y", kept="kubernetes_encryption_key")
    assert done.returncode != 0
    present = "not here, and there is a platform (@fake/vm-k8s): bring secrets.env from where"
    assert present in done.stderr
    assert "Beginning operation run" not in done.stderr
    assert not (tmp_path / "secrets.env").exists()


def test_a_limited_run_makes_up_nothing(tmp_path: Path) -> None:
    done = deploy(tmp_path / "secrets.env", "-y", "--limit", "@fake/vm-worker")
    assert done.returncode != 0
    assert "the run that makes them is for all machines, without --limit" in done.stderr
    assert not (tmp_path / "secrets.env").exists()


def test_every_other_secret_is_named_by_a_run(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text("".join(f"{name}={make()}\n" for name, make in MADE.items()))
    path.chmod(0o600)
    before = path.read_bytes()
    kept = "harbor_admin_password kubernetes_encryption_key"
    for words in (["-y"], ["--dry"]):
        done = deploy(path, *words, kept=kept)
        assert done.returncode != 0
        assert "Not every machine can be worked on; nothing was touched." in done.stderr
        for name in kept.split():
            assert f"secrets: {name}: is not what @fake/vm-" in done.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("answer", ["a", "a 0a", f"a {'0' * 63}", f"a {'0' * 65}", f"a {'z' * 64}"])
def test_what_is_no_digest_is_no_answer(answer: str) -> None:
    with pytest.raises(FactProcessError, match="cannot be read from line 1 of 1"):
        Digests().process([answer])
