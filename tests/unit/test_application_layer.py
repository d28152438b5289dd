"""The layer that sets the project at GitLab up: what it asks for; what it says without a token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import spec
from gates import gates
from operations.gitlab import Variable
from spec import Platform
from spec.inventory import HostData
from tests.gate_hints import TOKENS
from tests.unit import tasks_run
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, SECRETS, changed, sh, tool

TOKEN = "glpat-unitUNITunit99"

# What does not need a project: GitLab itself.
WAY_THERE = "GitLab answers on SSH at altssh.gitlab.com:443"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where runs bring what they bring."""
    (tmp_path / "kubeconfig-ci").write_text("apiVersion: v1\n")
    return tmp_path


@pytest.fixture
def with_project(hosts: list[HostData], folder: Path) -> list[HostData]:
    extra = {"gitlab_project": "group/shop", "pipeline_variables": {"GO_IMAGE": "golang:1.24"}}
    return changed(changed(hosts, "docker_host", **extra), "all", operator_folder=str(folder))


@pytest.fixture
def set_up(with_project: list[HostData], monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    return spec.load(with_project)


def calls(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, Any]]:
    made = tasks_run.run("application", "vm-docker", platform, on_host, monkeypatch)
    return {call.operation: call.arguments for call in made}


def test_without_a_project_nothing_is_asked_and_a_runner_that_is_missing_is_named(
    platform: Platform, hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calls(platform, on_host, monkeypatch) == {
        "gitlab.instructions": {"name": "List what is left to do by hand", "steps": platform.to_do}
    }
    way, backed_up = gates(platform, platform.machine("vm-docker"), "application")
    assert way.awaits == WAY_THERE
    assert "backup" in backed_up.awaits
    monkeypatch.setenv("RUNNER_TOKEN", TOKENS["RUNNER_TOKEN"])
    assert calls(spec.load(hosts), on_host, monkeypatch) == {}


def test_without_a_token_the_list_names_everything_and_no_value(
    with_project: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = spec.load(with_project)
    found = calls(platform, on_host, monkeypatch)
    assert list(found) == ["gitlab.instructions"]
    output = "\n".join(found["gitlab.instructions"]["steps"])
    assert "https://gitlab.com/group/shop" in output
    assert "vm-docker:~admin/.ssh/gitlab_ed25519.pub" in output
    assert "tag deploy" in output
    assert "KUBECONFIG_PROD: type file" in output
    for secret in platform.pipeline_secrets:
        assert f"{secret.key}: masked, {secret.name} of secrets.env" in output
    assert "GO_IMAGE: golang:1.24" in output
    assert "push -u origin main" in output
    for value in SECRETS.values():
        assert value not in output
    way, backed_up = gates(platform, platform.machine("vm-docker"), "application")
    assert way.awaits == WAY_THERE
    assert "backup" in backed_up.awaits


def test_with_a_token_everything_is_set_up_in_its_order(
    set_up: Platform, folder: Path, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = calls(set_up, on_host, monkeypatch)
    assert list(found) == [
        "gitlab.project",
        "gitlab.deploy_key",
        "gitlab.runner",
        "gitlab.variables",
        "pipeline.start",
        "gitlab.permissions",
    ]
    for arguments in found.values():
        assert arguments["access"].path == "group/shop"
        assert TOKEN not in repr(arguments)
    wanted: list[Variable] = found["gitlab.variables"]["wanted"]()
    assert PASSWORD not in repr(wanted)
    kinds = {one.key: (one.kind, one.masked) for one in wanted}
    assert kinds == {
        "HARBOR_PASSWORD": ("env_var", True),
        "HARBOR_PULL_PASSWORD": ("env_var", True),
        "MYSQL_ROOT_PASSWORD": ("env_var", True),
        "MYSQL_PASSWORD": ("env_var", True),
        "APP_KEY": ("env_var", True),
        "REGISTRY": ("env_var", False),
        "REGISTRY_URL": ("env_var", False),
        "GO_IMAGE": ("env_var", False),
        "KUBECONFIG_PROD": ("file", False),
    }
    values = {one.key: one.value.get_secret_value() for one in wanted}
    assert values["APP_KEY"] == SECRETS["LARAVEL_KEY"]
    assert values["KUBECONFIG_PROD"] == "apiVersion: v1\n"


def test_the_variables_are_all_that_the_shipped_scripts_need(
    set_up: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = calls(set_up, on_host, monkeypatch)["gitlab.variables"]["wanted"]()
    needed: set[str] = set()
    for name in ("build", "push", "deploy", "migrate"):
        text = (Path("files/application/deploy/ci") / f"{name}.sh").read_text()
        (line,) = [row for row in text.splitlines() if row.startswith("need ")]
        needed |= set(line.split()[1:])
    assert needed - {"TAG"} <= {one.key for one in wanted}


def test_the_gates_are_shut_until_there_is_a_main_and_an_answer(
    set_up: Platform, tmp_path: Path
) -> None:
    *_, pushed, served, _ = gates(set_up, set_up.machine("vm-docker"), "application")
    tools = tmp_path / "bin"
    tool(tools, "sudo", 'shift 4; exec "$@"')
    tool(tools, "git", "exit 2")
    tool(tools, "curl", 'echo "$@" >&2; echo "The requested URL returned error: 503" >&2; exit 22')
    for gate in (pushed, served):
        assert sh(gate.command, tools=tools).returncode != 0
    assert "503" in sh(served.command, tools=tools).stderr
    for name in ("git", "curl"):
        tool(tools, name, "exit 0")
    for gate in (pushed, served):
        assert sh(gate.command, tools=tools).returncode == 0
