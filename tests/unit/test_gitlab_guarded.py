"""Who else may do at GitLab what the pipeline may: named; and a token of the project's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gitlab
import pytest
from pydantic import SecretStr

import spec
from facts.gitlab import Access, find, loose
from facts.ssh import KeyPair, KeyPairState
from lab.doubles.gitlab.store import Store
from operations import gitlab as subject
from operations.gitlab import Variable
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed, commands
from tests.unit.gitlab_served import KEY, TOKEN, Clone, a_project, on_a_socket
from tests.unit.refusals import mistake_of

PATH = "threebody/shop"
OWN = "glpat-theProjectsOwn99"
KEYS = ["HARBOR_PASSWORD"]


@pytest.fixture
def access(url: str) -> Access:
    return Access(url, PATH, SecretStr(TOKEN))


@pytest.fixture
def shop(api: gitlab.Gitlab, store: Store, tmp_path: Path) -> Any:
    """A project with a main."""
    made = a_project(api)
    with on_a_socket(store, tmp_path / "socket"):
        clone = Clone(tmp_path / "clone", tmp_path / "socket")
        clone.commit(README="x")
        pushed = clone.git("push", "git@gitlab-443:threebody/shop.git", "main")
        assert pushed.returncode == 0, pushed.stderr
    return made


def test_a_project_as_gitlab_makes_it_is_closed(access: Access, shop: Any) -> None:
    assert loose(access, "main", KEYS) == []


def test_a_main_that_is_not_protected_is_named(access: Access, shop: Any) -> None:
    shop.protectedbranches.delete("main")
    (output,) = loose(access, "main", KEYS)
    assert output.startswith("main is not protected: whoever may push rewrites it")
    shop.protectedbranches.create({"name": "ma*"})
    assert loose(access, "main", KEYS) == []


def test_an_empty_project_has_nothing_to_protect_yet(access: Access, api: gitlab.Gitlab) -> None:
    assert loose(access, "main", KEYS) == []
    a_project(api).protectedbranches.delete("main")
    assert loose(access, "main", KEYS) == []


@pytest.mark.parametrize(
    ("rule", "output"),
    [
        ({"push_access_level": 30}, "Developers may push to the protected branch feature/*"),
        ({"merge_access_level": 30}, "Developers may merge into the protected branch feature/*"),
        ({"allow_force_push": True}, "the protected branch feature/* takes force pushes"),
        ({"push_access_level": 0}, None),
    ],
)
def test_any_protected_branch_of_developers_opens_the_runner(
    access: Access, shop: Any, rule: dict[str, Any], output: str | None
) -> None:
    shop.protectedbranches.create({"name": "feature/*", **rule})
    assert loose(access, "main", KEYS) == ([output] if output else [])


def test_a_protected_tag_of_developers_does_so_too(access: Access, shop: Any) -> None:
    shop.protectedtags.create({"name": "v*", "create_access_level": 30})
    assert loose(access, "main", KEYS) == ["Developers may make the protected tag v*"]


def test_a_variable_that_stands_before_ours_is_named(access: Access, shop: Any) -> None:
    for key, scope, protected in (
        ("HARBOR_PASSWORD", "production", False),
        ("HARBOR_PASSWORD", "*", True),
        ("OTHER", "production", False),
    ):
        row = {"key": key, "value": "x" * 9, "environment_scope": scope, "protected": protected}
        shop.variables.create(row)
    assert loose(access, "main", KEYS) == [
        "the variable HARBOR_PASSWORD of the environment production stands before ours, unprotected"
    ]


def test_a_run_says_it_and_goes_on(
    access: Access, shop: Any, on_host: OnHost, caplog: pytest.LogCaptureFixture
) -> None:
    on_host()
    shop.protectedbranches.create({"name": "x", "push_access_level": 30})
    assert commands(subject.permissions, access=access, wanted=list) == []
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert f"{access.url}/{PATH}: Developers may push to" in warning.getMessage()


def test_a_token_of_the_projects_own_is_enough_once_there_is_a_project(
    access: Access, store: Store, api: gitlab.Gitlab, on_host: OnHost
) -> None:
    host = on_host({KeyPair: KeyPairState(True, "0600", "admin", "same", KEY)})
    store.admit_for(PATH, OWN)
    own = Access(access.url, PATH, SecretStr(OWN))
    (make,) = subject.project._inner(access=own)
    assert make.function(None, host) is False  # it can make no project
    a_project(api)
    a_project(api, "other")
    assert find(Access(access.url, "threebody/other", SecretStr(OWN))) is None
    given: list[tuple[Any, dict[str, Any]]] = [
        (subject.project, {}),
        (subject.deploy_key, {"title": "vm-docker", "user": "admin", "key": "gitlab_ed25519"}),
        (subject.variables, {"wanted": lambda: [Variable("A", SecretStr("abcdefgh1"))]}),
    ]
    for operation, extra in given:
        for write in operation._inner(access=own, **extra):
            assert write.function(None, host) is True
    assert subject._new_token(own, "vm-docker", {"tag_list": ["deploy"]}).startswith("glrt-")


def test_gitlab_in_plain_text_is_refused_unless_somebody_says_so(hosts: list[HostData]) -> None:
    plain = {"gitlab_url": "http://git.example.org"}
    output = mistake_of(hosts, "docker_host", **plain)
    assert (output.setting, output.value) == ("gitlab_url", "http://git.example.org")
    assert "whoever is on the way would read gitlab_token" in output.reason
    assert spec.load(changed(hosts, "docker_host", gitlab_in_plain_text=True, **plain))
