"""The lab's GitLab and git: who may clone and push over SSH, and what a job gets over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import requests
from gitlab.v4.objects import Project

from lab.doubles.gitlab.store import Store
from tests.unit.gitlab_served import KEY, Clone, a_project, on_a_socket

REMOTE = "git@gitlab.com:threebody/shop.git"
NOT_FOUND = (
    "remote: ERROR: The project you were looking for could not be found or you don't have"
    " permission to view it."
)


@pytest.fixture
def clone(store: Store, shop: Project, tmp_path: Path) -> Iterator[Clone]:
    """Of somebody with a deploy key of the shop, which may push."""
    shop.keys.create({"title": "vm-docker", "key": f"{KEY} admin", "can_push": True})
    with on_a_socket(store, tmp_path / "socket"):
        yield Clone(tmp_path / "clone", tmp_path / "socket")


def test_whoever_wants_nothing_is_greeted(clone: Clone) -> None:
    assert clone.login().stdout == "Welcome to GitLab, @lab!\n"
    refused = clone.login("rm -rf /")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "remote: ERROR: Disallowed command" in refused.stderr


def test_sshd_knows_every_deploy_key_once(store: Store, shop: Project, clone: Clone) -> None:
    known = store.path / "deploy_keys"
    assert known.read_text() == f"{KEY} admin\n"
    for key in shop.keys.list(get_all=True):
        key.delete()
    assert known.read_text() == ""


def test_a_push_is_there_for_the_api_and_for_a_clone(shop: Project, clone: Clone) -> None:
    with pytest.raises(gitlab.GitlabGetError, match="404: 404 Branch Not Found"):
        shop.branches.get("main")
    commit = clone.commit(file="text")
    pushed = clone.git("push", REMOTE, "main")
    assert pushed.returncode == 0, pushed.stderr
    branch = shop.branches.get("main")
    assert branch.commit["id"] == commit
    assert (branch.protected, branch.default) == (True, True)
    assert clone.git("ls-remote", REMOTE, "main").stdout.split()[0] == commit
    (kept,) = shop.protectedbranches.list(get_all=True)
    assert kept.name == "main"


def test_a_protected_branch_is_neither_rewritten_nor_deleted(shop: Project, clone: Clone) -> None:
    commit = clone.commit()
    clone.git("push", REMOTE, "main", "main:other")
    clone.git("commit", "--quiet", "--amend", "--allow-empty", "--message=rewritten")
    rewritten = clone.git("push", "--force", REMOTE, "main")
    assert "You are not allowed to force push code to a protected branch" in rewritten.stderr
    assert clone.git("push", REMOTE, ":main").returncode == 1
    assert shop.branches.get("main").commit["id"] == commit
    assert clone.git("push", "--force", REMOTE, "main:other").returncode == 0


def test_a_deploy_key_opens_its_project_only(
    api: gitlab.Gitlab, shop: Project, clone: Clone
) -> None:
    clone.commit()
    a_project(api, "other")
    for path in ("threebody/other.git", "threebody/nothing.git"):
        refused = clone.git("push", f"git@gitlab.com:{path}", "main")
        assert NOT_FOUND in refused.stderr
        assert refused.returncode == 128
    (key,) = shop.keys.list(get_all=True)
    key.can_push = False
    key.save()
    refused = clone.git("push", REMOTE, "main")
    assert "ERROR: This deploy key does not have write access to this project." in refused.stderr
    assert clone.git("ls-remote", REMOTE).returncode == 0


def test_the_users_own_key_opens_every_project(store: Store, clone: Clone, tmp_path: Path) -> None:
    own = Clone(tmp_path / "own", tmp_path / "socket", KEY.replace("AfuCHKVTjq", "AfuCHKVTjr"))
    own.commit()
    assert own.git("push", REMOTE, "main").returncode == 0


def test_a_project_that_is_gone_has_neither_keys_nor_a_repository(
    store: Store, shop: Project, clone: Clone
) -> None:
    repositories = store.path / "repositories/threebody"
    assert [path.name for path in repositories.iterdir()] == ["shop.git"]
    shop.delete()
    assert (store.path / "deploy_keys").read_text() == ""
    assert list(repositories.iterdir()) == []


def with_token(url: str, token: str, path: str = "threebody/shop.git") -> str:
    return f"{url.replace('://', f'://gitlab-ci-token:{token}@')}/{path}"


def running(store: Store, shop: Project) -> str:
    """The token of a job of the shop that a runner has."""
    job = store.queue(["true"])
    told = job.payload
    told["job_info"]["project_id"] = shop.id
    job.hand_out(told)
    return str(told["token"])


def test_a_job_clones_its_project_while_it_runs(
    store: Store, url: str, api: gitlab.Gitlab, shop: Project, clone: Clone
) -> None:
    commit = clone.commit(file="text" * 100_000)
    clone.git("push", REMOTE, "main")
    token = running(store, shop)
    cloned = clone.git("clone", "--quiet", "--depth=1", with_token(url, token), "there")
    assert cloned.returncode == 0, cloned.stderr
    assert clone.git("-C", "there", "rev-parse", "HEAD").stdout.strip() == commit
    pushed = clone.git("push", with_token(url, token), "main:other")
    assert "remote: You are not allowed to upload code." in pushed.stderr
    a_project(api, "other")
    other = clone.git("ls-remote", with_token(url, token, "threebody/other.git"))
    assert "not found" in other.stderr
    store.jobs()[-1].set(state="success")
    assert "Authentication failed" in clone.git("ls-remote", with_token(url, token)).stderr


def test_git_over_http_is_for_jobs_only(url: str, shop: Project) -> None:
    for token in ("", "glcbt-somebodys"):
        answer = requests.get(
            f"{with_token(url, token)}/info/refs?service=git-upload-pack", timeout=120
        )
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="GitLab"'
