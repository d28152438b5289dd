"""`make rotate`: what is turned over from what to what, in which steps; what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

import spec
from facts.cluster import SecretSums
from operate import rotating
from operate.rotating import turn
from operations import encryption, harbor, kubernetes, rotation
from spec import Platform, Refused
from spec.inventory import HostData
from spec.rotation import ROTATIONS, before, before_file
from spec.secrets import MADE
from spec.secrets_file import keep, read
from tests.unit.conftest import LOAD, OnHost
from tests.unit.doubles import commands, sh, stdin_of, texts, tool
from tests.unit.rotations import filed, watching, whole

__all__ = ["filed"]  # a fixture

OLD, NEW = SecretStr("Old0" * 8), SecretStr("New0" * 8)


@pytest.mark.parametrize("name", [name for name, it in ROTATIONS.items() if it.secret])
def test_a_new_value_takes_the_place_of_the_old_one(filed: Platform, name: str) -> None:
    secret = ROTATIONS[name].secret
    way = turn(watching(filed), name, whole(filed))
    assert way.old == getattr(filed.secrets, secret)
    assert way.new == getattr(way.platform.secrets, secret) != way.old
    assert way.platform.before == {secret: way.old}
    assert way.after.before == {}


def test_one_that_was_cut_off_goes_on_with_the_value_that_it_made(filed: Platform) -> None:
    begun = replace(filed, before={"harbor_push_secret": OLD})
    way = turn(begun, "push", whole(filed))
    assert (way.old, way.new) == (OLD, filed.secrets.harbor_push_secret)


@pytest.mark.parametrize(
    ("name", "before", "asked", "reason"),
    [
        ("push", {"database_password": OLD}, None, "database is half turned over: `make rotate"),
        ("push", {}, {"vm-docker"}, "vm-k8s, vm-worker is left out by --limit"),
    ],
)
def test_what_speaks_against_it_is_said_in_a_sentence(
    filed: Platform, name: str, before: dict[str, SecretStr], asked: set[str] | None, reason: str
) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        turn(replace(filed, before=before), name, frozenset(asked or whole(filed)))
    assert str(refused.value).endswith("Nothing was touched.")


def test_a_secret_of_the_environment_is_refused(platform: Platform) -> None:
    with pytest.raises(Refused, match="harbor_push_secret comes from the environment"):
        turn(platform, "push", whole(platform))


def test_a_name_that_is_none_is_answered_with_those_that_there_are(filed: Platform) -> None:
    with pytest.raises(
        Refused, match="NAME is '', and nothing was touched; write NAME="
    ) as refused:
        turn(filed, "", whole(filed))
    names = [str(line).split()[0] for line in refused.value.mistakes]
    assert names == [name for name in ROTATIONS if name != "grafana"]
    with pytest.raises(Refused, match="grafana"):
        turn(watching(filed), "", whole(filed))


@pytest.mark.parametrize("status", ["running", "success"])
def test_a_pipeline_that_knows_the_old_one_is_waited_for(
    filed: Platform, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    rows = [SimpleNamespace(status=status, web_url="https://gitlab.com/-/pipelines/7")]
    listed = SimpleNamespace(list=lambda **_: rows)
    monkeypatch.setattr(rotating, "find", lambda _: SimpleNamespace(pipelines=listed))
    settings = filed.docker_host.model_copy(update={"gitlab_project": "shop/shop"})
    token = filed.secrets.model_copy(update={"gitlab_token": SecretStr("glpat-1")})
    with_token = replace(filed, docker_host=settings, secrets=token)
    # What no pipeline has waits for none.
    assert turn(with_token, "harbor", whole(filed)).name == "harbor"
    if status == "success":
        assert turn(with_token, "database", whole(filed)).name == "database"
        return
    with pytest.raises(Refused, match="pipelines/7 has not ended, and knows the old one"):
        turn(with_token, "database", whole(filed))


def test_who_set_the_pipeline_up_by_hand_is_told_what_to_enter(platform: Platform) -> None:
    (line,) = rotating.by_hand(platform, "database_password")
    assert "until you set MYSQL_PASSWORD at GitLab: database_password of secrets.env" in line
    (line,) = rotating.by_hand(platform, "")
    assert "KUBECONFIG_PROD at GitLab: kubeconfig-ci" in line
    assert rotating.by_hand(platform, "kubernetes_encryption_key") == []


def test_the_old_value_is_on_the_disk_before_the_new_one(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch, hosts: list[HostData]
) -> None:
    monkeypatch.delenv("DATABASE_PASSWORD")
    monkeypatch.setattr(rotation, "SECRETS_FILE", secrets_file)
    old = OLD.get_secret_value()
    keep({"database_password": old, "laravel_key": MADE["laravel_key"]()}, secrets_file)
    written: list[str] = []

    def noted(made: dict[str, str], path: Path) -> None:
        keep(made, path)
        written.append(path.name)
        # Killed here, nothing was begun, or it goes on.
        assert spec.load(hosts).before == ({"database_password": OLD} if written[1:] else {})

    monkeypatch.setattr(rotation, "keep", noted)
    (command,) = rotation.start._inner(secret="database_password", old=OLD, new=NEW)
    command.function(None, None, *command.args)
    assert written == [before_file().name, secrets_file.name]
    assert before_file().stat().st_mode & 0o777 == 0o600
    found = {it.name: it.value for it in read(secrets_file)}
    assert found["database_password"] == NEW.get_secret_value()
    assert set(found) == {"database_password", "laravel_key"}
    assert list(rotation.start._inner(secret="database_password", old=OLD, new=NEW)) == []
    (command,) = rotation.finish._inner()
    command.function(None, None, *command.args)
    assert before() == {}


def test_every_run_says_what_is_half_turned_over(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(LOAD.logger, "warning", told.append)
    keep({"harbor_pull_secret": OLD.get_secret_value()}, before_file())
    spec.load(hosts)
    assert "pull is half turned over: `make rotate NAME=pull` goes on" in told


def test_the_new_key_comes_first_and_the_old_one_is_read_until_it_goes(
    filed: Platform, on_host: OnHost
) -> None:
    on_host({}, "vm-k8s", ("k8s_control",))
    way = turn(filed, "encryption", whole(filed))
    keys = [
        [
            line.split()[1]
            for line in encryption.configuration(it).content.splitlines()
            if "t: " in line
        ]
        for it in (filed, way.platform, way.after)
    ]
    assert keys == [[filed.encryption_key], [way.platform.encryption_key, *keys[0]], [keys[1][0]]]


def test_every_secret_is_written_back_also_where_the_api_is_away_at_first(tmp_path: Path) -> None:
    (command,) = texts(encryption.rewrite_secrets)
    tool(tmp_path, "sleep", ":")
    # As the real one: replace ends well where nothing comes.
    tool(
        tmp_path,
        "kubectl",
        f"cd {tmp_path}; echo >>asked; n=$(wc -l <asked)\n"
        'case "$*" in *get*) [ "$n" -gt 2 ] && echo secrets;;'
        ' *) cat >>put; [ ! -s put ] || [ "$n" -gt 4 ];; esac',
    )
    assert sh(command, tools=tmp_path).returncode == 0
    # Twice: somebody changed one of them between the first list and its way back.
    assert (tmp_path / "put").read_text() == "secrets" * 2


@pytest.mark.parametrize(("knows", "told"), [(NEW, 0), (OLD, 1)])
def test_harbor_is_told_a_new_password_only_where_it_has_the_old_one(
    tmp_path: Path, knows: SecretStr, told: int
) -> None:
    old, new = OLD.get_secret_value(), NEW.get_secret_value()
    url = "http://harbor.local:8080"
    (command,) = commands(harbor.change_password, old=old, new=new, url=url, ca="")
    text, stdin = command.get_raw_value(), stdin_of(command)
    assert old not in text
    assert new not in text
    tool(
        tmp_path,
        "curl",
        f'given=$(cat); case "$given" in *"admin:{knows.get_secret_value()}"*) printf 200;;'
        f' *) printf 401;; esac; case "$*" in *PUT*) printf %s "$given" >{tmp_path}/told;; esac',
    )
    assert sh(text, stdin=stdin, tools=tmp_path).returncode == 0
    assert (tmp_path / "told").exists() == bool(told)
    if told:
        data = (tmp_path / "told").read_text().partition("data = ")[2]
        assert json.loads(json.loads(data)) == {"old_password": old, "new_password": new}
    tool(tmp_path, "curl", "printf 500")
    done = sh(text, stdin=stdin, tools=tmp_path)
    assert (done.returncode, "and answers 500" in done.stderr) == (1, True)


def test_a_secret_that_no_pipeline_has_made_is_left_to_it(on_host: OnHost) -> None:
    words = {"namespace": "shop", "secret": "harbor-pull", "values": {"a": "b"}}
    on_host({SecretSums: {}})
    assert texts(kubernetes.update_secret, **words) == []
    on_host({SecretSums: {"a": "another"}})
    assert len(texts(kubernetes.update_secret, **words)) == 1


def test_the_cluster_is_told_to_the_letter_what_a_pipeline_tells_it(platform: Platform) -> None:
    (text,) = rotating.pull_secret(platform).values()
    assert text.startswith('{"auths":{"harbor.local:8080":{"auth":"')
    assert text.endswith('"}}}')
