"""The lab's GitLab, as python-gitlab finds it: what it answers, and how it refuses."""

from __future__ import annotations

from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project

from lab.doubles.gitlab.store import Store
from tests.unit.gitlab_served import KEY, client

OTHER = KEY.replace("AfuCHKVTjquxvt6", "AfuCHKVTjquxvt7")


def refusal(act: Any, *arguments: Any, **extra: Any) -> tuple[int | None, Any]:
    """The status of a refusal, and what python-gitlab makes of its body."""
    with pytest.raises(gitlab.GitlabError) as refused:
        act(*arguments, **extra)
    return refused.value.response_code, refused.value.error_message


def test_only_the_user_gets_in(api: gitlab.Gitlab) -> None:
    api.auth()
    assert api.user is not None
    assert (api.user.id, api.user.username) == (1, "lab")
    stranger = client(api.url, "glpat-somebodyElses")
    assert refusal(stranger.auth) == (401, "401 Unauthorized")
    assert refusal(stranger.projects.get, "threebody/shop") == (401, "401 Unauthorized")


def test_a_project_is_found_by_number_and_by_path(api: gitlab.Gitlab, shop: Project) -> None:
    for named in (shop.id, "threebody/shop", "threebody/Shop"):
        found = api.projects.get(named)
        assert (found.id, found.path_with_namespace) == (shop.id, "threebody/shop")
    assert (shop.default_branch, shop.visibility) == ("main", "private")
    assert shop.ssh_url_to_repo == "git@gitlab.com:threebody/shop.git"
    assert refusal(api.projects.get, "threebody/other") == (404, "404 Project Not Found")
    assert refusal(api.namespaces.get, "nobody") == (404, "404 Namespace Not Found")


def test_a_project_is_made_once_and_with_a_name_that_fits(
    api: gitlab.Gitlab, shop: Project
) -> None:
    taken = ["has already been taken"]
    again = {"name": "shop", "path": "shop", "namespace_id": shop.namespace["id"]}
    assert refusal(api.projects.create, again) == (
        400,
        {"project_namespace.name": taken, "name": taken, "path": taken},
    )
    assert refusal(api.projects.create, {**again, "namespace_id": 99}) == (
        400,
        {"namespace": ["is not valid"]},
    )
    status, fields = refusal(api.projects.create, {**again, "path": "a b"})
    assert (status, list(fields)) == (400, ["path"])
    own = api.projects.create({"name": "shop"})
    assert own.path_with_namespace == "lab/shop"
    own.delete()
    assert [project.id for project in api.projects.list(get_all=True)] == [shop.id]


def test_a_deploy_key_is_given_once_and_changed(shop: Project) -> None:
    given = {"title": "vm-docker", "key": f"{KEY} admin@vm-docker\n"}
    key = shop.keys.create(given)
    assert (key.key, key.can_push) == (f"{KEY} admin@vm-docker", False)
    assert key.fingerprint_sha256 == "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8"
    assert shop.keys.create(given).id == key.id
    key.can_push = True
    key.save()
    assert shop.keys.get(key.id).can_push is True
    taken = {"deploy_key.fingerprint_sha256": ["has already been taken"]}
    assert refusal(shop.keys.create, {**given, "key": f"{KEY} another"}) == (400, taken)
    broken = {"deploy_key.fingerprint_sha256": ["cannot be generated"]}
    for wrong in ("nonsense", "ssh-ed25519 AAAA", "ssh-rsa " + KEY.partition(" ")[2]):
        assert refusal(shop.keys.create, {**given, "key": wrong}) == (400, broken)
    other = shop.keys.create({**given, "key": f"{OTHER} of somebody else"})
    assert other.key == f"{OTHER} of"
    assert refusal(shop.keys.create, {**given, "key": f"{OTHER} of somebody else"}) == (400, taken)
    assert [known.id for known in shop.keys.list(get_all=True)] == [key.id, other.id]
    key.delete()
    assert refusal(shop.keys.delete, key.id) == (404, "404 Deploy Key Not Found")


def test_a_runner_is_made_changed_and_registered_by_its_token(
    api: gitlab.Gitlab, store: Store, shop: Project
) -> None:
    wanted = {"runner_type": "project_type", "project_id": shop.id, "tag_list": ["deploy"]}
    made = api.http_post("/user/runners", post_data={**wanted, "run_untagged": False})
    assert isinstance(made, dict)
    assert made["token"].startswith("glrt-")
    assert store.runners() == {made["token"]: made["id"]}
    (listed,) = shop.runners.list(get_all=True)
    runner = api.runners.get(listed.id)
    assert (runner.tag_list, runner.run_untagged, runner.locked) == (["deploy"], False, False)
    runner.tag_list = ["deploy", "more"]
    runner.save()
    assert api.runners.get(runner.id).tag_list == ["deploy", "more"]
    again = api.http_post(f"/runners/{runner.id}/reset_authentication_token")
    assert isinstance(again, dict)
    assert store.runners() == {again["token"]: runner.id}
    runner.delete()
    assert store.runners() == {}
    assert refusal(api.runners.get, runner.id) == (404, "404 Not found")


@pytest.mark.parametrize(
    ("wrong", "output"),
    [
        ({"runner_type": None}, "runner_type is missing, runner_type does not have a valid value"),
        ({"runner_type": "odd"}, "runner_type does not have a valid value"),
        ({"project_id": None}, "project_id is missing"),
        ({"project_id": 99}, "400 Bad request - Missing/invalid scope"),
        (
            {"run_untagged": False},
            "400 Bad request - Tags list can not be empty when runner is not allowed to pick"
            " untagged jobs",
        ),
    ],
)
def test_a_runner_that_cannot_be_is_refused(
    api: gitlab.Gitlab, shop: Project, wrong: dict[str, Any], output: str
) -> None:
    given = {"runner_type": "project_type", "project_id": shop.id, **wrong}
    assert refusal(api.http_post, "/user/runners", post_data=given) == (400, output)


def test_everybodys_runner_is_each_projects(
    store: Store, api: gitlab.Gitlab, shop: Project
) -> None:
    store.add_runner("glrt-madeInTheBrowser")
    other = api.projects.create({"name": "other"})
    own = {"runner_type": "project_type", "project_id": other.id}
    api.http_post("/user/runners", post_data=own)
    assert [runner.is_shared for runner in shop.runners.list(get_all=True)] == [True]
    assert [runner.is_shared for runner in other.runners.list(get_all=True)] == [True, False]


def test_variables_are_set_once_and_changed(shop: Project) -> None:
    made = shop.variables.create({"key": "TAG", "value": "one"})
    assert made.attributes == {
        **{"key": "TAG", "value": "one", "variable_type": "env_var", "description": None},
        **{"protected": False, "masked": False, "hidden": False, "raw": False},
        **{"environment_scope": "*", "project_id": str(shop.id)},
    }
    taken = {"key": ["(TAG) has already been taken"]}
    assert refusal(shop.variables.create, {"key": "TAG", "value": "two"}) == (400, taken)
    made.value, made.protected = "two", True
    made.save()
    kept = shop.variables.get("TAG")
    assert (kept.value, kept.protected) == ("two", True)
    shop.variables.delete("TAG")
    assert refusal(shop.variables.get, "TAG") == (404, "404 Variable Not Found")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"value": "short"}, {"value": ["is invalid"]}),
        ({"value": "dollar$dollar"}, {"value": ["is invalid"]}),
        ({"value": "two words", "raw": True}, {"value": ["is invalid"]}),
        (
            {"key": "A-B", "value": "longenough"},
            {"key": ["can contain only letters, digits and '_'."]},
        ),
    ],
)
def test_a_value_that_no_log_could_hide_is_refused(
    shop: Project, given: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert refusal(shop.variables.create, {"key": "A", "masked": True, **given}) == (400, wrong)
    assert shop.variables.list(get_all=True) == []


def test_a_raw_masked_value_may_have_a_dollar_and_a_hidden_one_is_never_told(
    shop: Project,
) -> None:
    shop.variables.create({"key": "A", "value": "dollar$dollar", "masked": True, "raw": True})
    hidden = {"key": "B", "value": "longenough", "masked_and_hidden": True}
    assert shop.variables.create(hidden).value is None
    kept = shop.variables.get("B")
    assert (kept.hidden, kept.masked, kept.value) == (True, True, None)


def test_what_is_missing_is_said_all_at_once(shop: Project) -> None:
    path = f"/projects/{shop.id}/variables"
    assert refusal(shop.manager.gitlab.http_post, path, post_data={}) == (
        400,
        "key is missing, value is missing",
    )


def test_a_long_list_comes_page_by_page(shop: Project) -> None:
    for number in range(45):
        shop.variables.create({"key": f"V{number}", "value": "v"})
    first = shop.variables.list(get_all=False, per_page=20)
    assert [len(first), first[0].key] == [20, "V0"]
    every = shop.variables.list(iterator=True, per_page=20)
    assert (every.total, every.total_pages, every.next_page) == (45, 3, 2)
    assert len({variable.key for variable in every}) == 45
