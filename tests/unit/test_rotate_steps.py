"""`make rotate`: what is done on which machine, and in which order."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from pyinfra.context import ctx_state

from operate import rotating
from operations import database, encryption, files, gitlab, harbor, kubernetes, once, rotation
from spec import Platform
from tasks import application, cluster, gate, monitoring, preflight
from tasks.docker_host import harbor as registry
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT
from tests.unit.rotations import filed, watching

__all__ = ["filed"]  # a fixture

STEPS = {
    rotation: ("start", "finish"),
    harbor: ("change_password",),
    database: ("change_password",),
    encryption: ("rewrite_secrets",),
    files: ("configure",),
    kubernetes: ("update_secret", "delete"),
    gitlab: ("instructions",),
    registry: ("apply",),
    application: ("apply",),
    cluster: ("apply",),
    monitoring: ("apply",),
    gate: ("passed", "wait_at"),
}
Steps = Callable[..., list[str]]


@pytest.fixture
def steps(filed: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Run the deploy on a machine; its steps in their order."""

    def run(name: str, machine: str, with_token: bool = False) -> list[str]:
        found: list[str] = []
        secrets = filed.secrets
        if with_token:
            secrets = secrets.model_copy(update={"gitlab_token": SecretStr("glpat-1")})
        settings = filed.docker_host.model_copy(update={"gitlab_project": "shop/shop"})
        platform = watching(replace(filed, docker_host=settings, secrets=secrets))
        monkeypatch.setattr(rotating, "_under_way", lambda _: "")
        monkeypatch.setattr(preflight, "apply", lambda: platform)
        monkeypatch.setenv("NAME", name)
        for module, names in STEPS.items():
            for step in names:
                told = f"{module.__name__.rpartition('.')[2]}.{step}"
                monkeypatch.setattr(module, step, lambda *_, told=told, **__: found.append(told))
        on_host({}, machine, platform.machine(machine).groups)
        machines = [SimpleNamespace(name=it.name) for it in platform.machines]
        state = SimpleNamespace(inventory=machines, is_host_in_limit=lambda _: True)
        ctx_state.set(state)  # type: ignore[no-untyped-call]
        monkeypatch.setattr(once, "once", lambda _, find: find())
        try:
            runpy.run_path(str(CHECKOUT / "operate/rotate.py"))
        finally:
            ctx_state.reset()
        waits = len([step for step in found if step == "gate.wait_at"])
        assert found[-waits:] == ["gate.wait_at"] * 7
        return ["|" if step == "gate.passed" else step for step in found[:-waits]]

    return run


@pytest.mark.parametrize(
    ("name", "docker", "control"),
    [
        ("push", ["harbor.apply", "|"], ["|"]),
        ("pull", ["harbor.apply", "|"], ["kubernetes.update_secret", "|"]),
        ("harbor", ["harbor.change_password", "harbor.apply", "|"], ["|"]),
        ("database", ["|"], ["|", "database.change_password"]),
        ("database-root", ["|"], ["|", "database.change_password"]),
        (
            "encryption",
            [],
            ["files.configure", "encryption.rewrite_secrets", "files.configure"],
        ),
        ("grafana", ["monitoring.apply"], ["monitoring.apply"]),
    ],
)
def test_the_new_value_is_kept_first_and_the_old_one_forgotten_last(
    steps: Steps, name: str, docker: list[str], control: list[str]
) -> None:
    by_hand = (
        ["gitlab.instructions"] if name in ("push", "pull", "database", "database-root") else []
    )
    assert steps(name, "vm-docker") == [
        "rotation.start",
        "|",
        *docker,
        *by_hand,
        "|",
        "rotation.finish",
    ]
    assert steps(name, "vm-k8s") == ["|", *control, "|"]
    told = steps(name, "vm-docker", with_token=True)
    assert ("application.apply" in told) == bool(by_hand)


def test_the_pipelines_account_goes_and_another_one_of_its_name_comes(steps: Steps) -> None:
    assert steps("pipeline", "vm-k8s") == ["|", "kubernetes.delete", "cluster.apply", "|", "|"]
    told = steps("pipeline", "vm-docker", with_token=True)
    assert told == ["|", "cluster.apply", "|", "application.apply", "|"]
