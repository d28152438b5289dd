"""The project at GitLab, set up on the lab's GitLab: once, exactly, and with words when not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gitlab
import pytest
from pydantic import SecretStr
from pyinfra.api.command import FunctionCommand

from facts.gitlab import Access, find, has_branch
from facts.ssh import KeyPair, KeyPairState
from lab.doubles.gitlab.store import Store
from operations import gitlab as subject
from operations.gitlab import Variable
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, commands
from tests.unit.gitlab_served import KEY, TOKEN

PATH = "threebody/shop"
Given = Callable[..., dict[str, Any]]
VARIABLES = [
    Variable("HARBOR_PASSWORD", SecretStr("S3cret$Value99"), masked=True),
    Variable("KUBECONFIG_PROD", SecretStr("apiVersion: v1\nkind: Config\n"), kind="file"),
    Variable("GO_IMAGE", SecretStr("golang:1.24")),
]


@pytest.fixture
def access(url: str) -> Access:
    return Access(url, PATH, SecretStr(TOKEN))


@pytest.fixture
def host(on_host: OnHost) -> StubHost:
    return on_host({KeyPair: KeyPairState(True, "0600", "admin", "same", KEY)})


@pytest.fixture
def shop(access: Access, host: StubHost) -> Any:
    assert apply(subject.project, access, host) == [True]
    return find(access)


def apply(operation: Any, access: Access, host: StubHost, **extra: Any) -> list[bool]:
    """Run an operation; how each of its writes went."""
    went = []
    for command in operation._inner(access=access, **extra):
        if isinstance(command, FunctionCommand):
            went.append(command.function(None, host))
    return went


def test_a_project_is_made_private_once(access: Access, host: StubHost, api: gitlab.Gitlab) -> None:
    assert apply(subject.project, access, host) == [True]
    assert apply(subject.project, access, host) == []
    assert api.projects.get(PATH).visibility == "private"
    assert not has_branch(access, "main")


def test_a_group_that_is_not_there_is_a_sentence(
    url: str, host: StubHost, caplog: pytest.LogCaptureFixture
) -> None:
    assert apply(subject.project, Access(url, "nobody/shop", SecretStr(TOKEN)), host) == [False]
    assert "there is no group nobody that gitlab_token may see: make it first" in caplog.text


def test_the_machines_key_may_push(access: Access, host: StubHost, shop: Any) -> None:
    key = {"title": "vm-docker", "user": "admin", "key": "gitlab_ed25519"}
    assert apply(subject.deploy_key, access, host, **key) == [True]
    assert apply(subject.deploy_key, access, host, **key) == []
    (row,) = shop.keys.list(get_all=True)
    assert (row.title, row.can_push, row.key.split()[:2]) == ("vm-docker", True, KEY.split())
    row.can_push = False
    row.save()
    assert apply(subject.deploy_key, access, host, **key) == [True]
    (row,) = shop.keys.list(get_all=True)
    assert row.can_push


def test_variables_have_their_type_and_only_what_differs_is_written(
    access: Access, host: StubHost, shop: Any
) -> None:
    wanted = {"wanted": lambda: VARIABLES}
    assert apply(subject.variables, access, host, **wanted) == [True] * 3
    assert apply(subject.variables, access, host, **wanted) == []
    found = {row.key: row for row in shop.variables.list(get_all=True)}
    kinds = {key: (row.variable_type, row.masked, row.protected) for key, row in found.items()}
    assert kinds == {
        "HARBOR_PASSWORD": ("env_var", True, True),
        "KUBECONFIG_PROD": ("file", False, True),
        "GO_IMAGE": ("env_var", False, True),
    }
    assert found["HARBOR_PASSWORD"].value == "S3cret$Value99"
    shop.variables.update("GO_IMAGE", {"value": "golang:1.22"})
    shop.variables.update("HARBOR_PASSWORD", {"masked": False})
    shop.variables.create({"key": "OWN", "value": "stays"})
    assert apply(subject.variables, access, host, **wanted) == [True] * 2
    assert shop.variables.get("GO_IMAGE").value == "golang:1.24"
    assert shop.variables.get("OWN").value == "stays"


def test_a_value_that_gitlab_cannot_mask_is_a_sentence_without_the_value(
    access: Access, host: StubHost, shop: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bad = Variable("HARBOR_PASSWORD", SecretStr("with a blank"), masked=True)
    assert apply(subject.variables, access, host, wanted=lambda: [bad]) == [False]
    assert "says 400" in caplog.text
    assert "with a blank" not in caplog.text
    assert list(shop.variables.list(get_all=True)) == []


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that secrets.env was given."""
    tokens: list[str] = []
    monkeypatch.setattr(subject, "keep", lambda values, file: tokens.append(values["runner_token"]))
    return tokens


@pytest.fixture
def runner(platform: Platform, on_host: OnHost, host: StubHost) -> Given:
    """What the operation is given, with the token that secrets.env holds."""

    def given(token: str = "") -> dict[str, Any]:
        secrets = platform.secrets.model_copy(update={"runner_token": SecretStr(token)})
        return {"platform": replace(platform, secrets=secrets), "description": "vm-docker"}

    return given


def test_a_runner_is_made_with_its_tag_for_protected_branches(
    access: Access, host: StubHost, shop: Any, api: gitlab.Gitlab, runner: Given, kept: list[str]
) -> None:
    assert apply(subject.runner, access, host, **runner()) == [True]
    (token,) = kept
    (row,) = shop.runners.list(get_all=True)
    made = api.runners.get(row.id)
    assert (made.tag_list, made.run_untagged, made.locked) == (["deploy"], False, True)
    assert made.access_level == "ref_protected"
    assert apply(subject.runner, access, host, **runner(token)) == []
    made.tag_list = ["other"]
    made.save()
    assert apply(subject.runner, access, host, **runner(token)) == [True]
    assert api.runners.get(row.id).tag_list == ["deploy"]
    assert kept == [token]


def test_a_run_that_lost_the_token_gets_another_for_the_same_runner(
    access: Access, host: StubHost, shop: Any, store: Store, runner: Given, kept: list[str]
) -> None:
    store.add_runner("glrt-everybodysRunner99")
    for _ in range(2):
        assert apply(subject.runner, access, host, **runner()) == [True]
    assert len(set(kept)) == 2
    assert len(shop.runners.list(get_all=True)) == 2
    assert len(shop.runners.list(get_all=True, type="project_type")) == 1
    assert apply(subject.runner, access, host, **runner(kept[1])) == []


def test_a_runner_that_was_deleted_is_a_sentence(
    access: Access, host: StubHost, shop: Any, runner: Given
) -> None:
    given = runner("glrt-nobodyKnowsThisToken99")
    (refusal,) = commands(subject.runner, access=access, **given)
    assert "it does not know runner_token: was the runner deleted?" in refusal.get_raw_value()


def test_a_plan_asks_and_writes_nothing(access: Access, host: StubHost, runner: Given) -> None:
    arguments: dict[Any, dict[str, Any]] = {
        subject.project: {},
        subject.deploy_key: {"title": "vm-docker", "user": "admin", "key": "gitlab_ed25519"},
        subject.variables: {"wanted": lambda: VARIABLES},
        subject.runner: runner(),
    }
    for operation, extra in arguments.items():
        assert len(commands(operation, access=access, **extra)) > 0
    assert commands(subject.permissions, access=access, wanted=lambda: VARIABLES) == []
    assert find(access) is None


@pytest.mark.parametrize(
    ("address", "token", "output"),
    [
        ("", "glpat-nobodysToken", "refuses gitlab_token: it has ended, or was revoked"),
        ("http://127.0.0.1:9/gitlab.com", TOKEN, "does not answer (ConnectionError)"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(
    url: str, host: StubHost, address: str, token: str, output: str
) -> None:
    access = Access(address or url, PATH, SecretStr(token))
    (refusal,) = commands(subject.project, access=access)
    assert output in refusal.get_raw_value()
    assert token not in refusal.get_raw_value()


def test_the_list_for_a_person_has_names_and_no_value(
    host: StubHost, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert commands(subject.instructions, steps=["HARBOR_PASSWORD: masked"]) == []
    assert "HARBOR_PASSWORD: masked" in caplog.text
