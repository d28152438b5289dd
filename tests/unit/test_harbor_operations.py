"""Harbor's operations: which state needs what, and what is refused with which sentence."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from facts.docker import Compose, ComposeState
from facts.harbor import Answer, Harbor, HarborState, Project, ProjectState
from operations import harbor
from operations.downloads import Signed
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, commands, parses, sh, stdin_of, texts
from tests.unit.harbor_recorded import MISSING, ROBOTS, URL, WRONG, project, robot

SUM = "0a1b2c3d4e5f6a7b"
NOW = HarborState("2.14.1", SUM, intact=True, well=True)
WANTED = {
    "version": "2.14.1",
    "releases": "https://x/download",
    "check": "0" * 64,
    "config": SUM,
    "data": "/data/harbor",
    "url": URL,
    "ca": "",
}
INSTALL = (
    "/usr/local/sbin/harbor-install 2.14.1 /data/harbor http://harbor.local:8080 {} "
    "/var/cache/harbor/harbor-offline-installer-v2.14.1.tgz"
)
BOTH = {"push": 200, "pull": 200}
Opened = Callable[..., list[tuple[str, Any]]]


def said(shell: str) -> str:
    """What a command that only refuses says."""
    assert shell.startswith("echo ")
    done = sh(shell)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.strip()


def test_a_harbor_as_wanted_is_left_alone(on_host: OnHost) -> None:
    on_host({Harbor: NOW})
    assert texts(harbor.installed, **WANTED) == []


@pytest.mark.parametrize(
    "state",
    [HarborState("2.14.1", "old", True, True), HarborState("2.14.1", SUM, False, True)],
    ids=["another configuration", "somebody changed what came out of it"],
)
def test_the_same_version_is_installed_again_without_a_download(
    on_host: OnHost, state: HarborState
) -> None:
    on_host({Harbor: state})
    assert texts(harbor.installed, **WANTED) == [INSTALL.format(SUM)]


@pytest.mark.parametrize("version", ["", "2.14.0", "2.9.10"])
def test_another_version_is_fetched_and_installed(on_host: OnHost, version: str) -> None:
    on_host({Harbor: HarborState(version, SUM, True, True)})
    fetch, install = texts(harbor.installed, **WANTED)
    assert install == INSTALL.format(SUM)
    assert parses(fetch)
    # One that was unpacked by a run that was killed is not fetched again.
    assert fetch.startswith('[ "$(cat /opt/harbor/.version 2>/dev/null)" = 2.14.1 ] || (')
    assert "https://x/download/v2.14.1/harbor-offline-installer-v2.14.1.tgz" in fetch
    assert f"expected {'0' * 64}" in fetch
    assert "gpgv" not in fetch


def test_without_a_sum_the_signature_is_checked(on_host: OnHost) -> None:
    on_host()
    signed = Signed("https://keys/x", "A" * 40)
    fetch, _ = texts(harbor.installed, **{**WANTED, "check": signed})
    assert parses(fetch)
    assert "gpgv" in fetch
    assert "harbor-offline-installer-v2.14.1.tgz.asc" in fetch
    assert "https://keys/x" in fetch
    assert "A" * 40 in fetch


@pytest.mark.parametrize("version", ["2.14.2", "2.14.10", "2.15.0", "3.0"])
def test_a_downgrade_is_refused_with_the_way_back(on_host: OnHost, version: str) -> None:
    on_host({Harbor: HarborState(version, SUM, True, True)})
    (refusal,) = texts(harbor.installed, **WANTED)
    assert said(refusal) == (
        f"Harbor {version} is installed, and harbor_version is the older 2.14.1: its database"
        " cannot go back by itself; `make harbor-back` undoes the last upgrade"
    )


WHOLE = ComposeState({"core": "1", "log": "1"}, {"core": "2", "log": "1"})
PART = ComposeState({"core": "1", "log": "1"}, {"log": "1"})


def test_a_harbor_that_is_well_is_left_running(on_host: OnHost) -> None:
    on_host({Harbor: NOW, Compose: WHOLE})
    assert texts(harbor.running, url=URL, ca="") == []


@pytest.mark.parametrize(
    ("well", "compose", "waits"), [(False, WHOLE, True), (False, PART, False), (True, PART, False)]
)
def test_one_that_is_starting_is_waited_for_and_one_with_a_hole_restarted(
    on_host: OnHost, well: bool, compose: ComposeState, waits: bool
) -> None:
    on_host({Harbor: HarborState("2.14.1", SUM, True, well), Compose: compose})
    (command,) = texts(harbor.running, url=URL, ca="")
    assert parses(command)
    restart = "systemctl restart harbor-compose.service; "
    assert command.count(restart) == 1
    assert command.startswith(restart) is not waits


@pytest.fixture
def opened(on_host: OnHost, platform: Platform) -> Opened:
    """What is asked of Harbor's API: each request, and what it carries."""

    def by(state: ProjectState) -> list[tuple[str, Any]]:
        on_host({Project: state})
        asked = []
        for command in commands(
            harbor.project, project="threebody", robots=platform.robots, url=URL, ca=""
        ):
            shell = command.get_raw_value()
            assert PASSWORD not in shell
            assert parses(shell)
            words = shlex.split(shell.split("; status=")[0].replace("\n", " "))
            method = words[words.index("-X") + 1]
            path = words[-1].removeprefix(f"{URL}/api/v2.0").rstrip(")")
            body = words[words.index("--data") + 1]
            stdin = json.loads(stdin_of(command))
            asked.append((f"{method} {path}", stdin if body == "@-" else (json.loads(body), stdin)))
        return asked

    return by


def test_a_project_as_wanted_is_left_alone(opened: Opened) -> None:
    assert opened(ProjectState(Answer(200, project()), Answer(200, ROBOTS), BOTH)) == []


@pytest.mark.parametrize("state", [ProjectState(), ProjectState(Answer(404, MISSING))])
def test_where_there_is_none_it_is_made_private_with_both_robots(
    opened: Opened, state: ProjectState
) -> None:
    made, push, pull = opened(state)
    private = {"project_name": "threebody", "metadata": {"public": "false"}}
    assert made == ("POST /projects", private)
    for (request, (body, secret)), name, actions in (
        (push, "push", ["push", "pull"]),
        (pull, "pull", ["pull"]),
    ):
        assert request == "POST /robots"
        assert secret == {"secret": PASSWORD}
        assert body == {
            "name": name,
            "level": "project",
            "duration": -1,
            "disable": False,
            "permissions": [
                {
                    "kind": "project",
                    "namespace": "threebody",
                    "access": [{"resource": "repository", "action": a} for a in actions],
                }
            ],
        }


def test_one_that_is_public_is_closed(opened: Opened) -> None:
    assert opened(ProjectState(Answer(200, project("true")), Answer(200, ROBOTS), BOTH)) == [
        ("PUT /projects/threebody", {"metadata": {"public": "false"}})
    ]


@pytest.mark.parametrize(
    "pull",
    [
        robot("pull", "pull", "push"),
        robot("pull"),
        robot("pull", "pull", disable=True),
        robot("pull", "pull", duration=30),
    ],
    ids=["too much", "too little", "switched off", "expires"],
)
def test_a_robot_that_is_otherwise_is_set_right(opened: Opened, pull: dict[str, Any]) -> None:
    state = ProjectState(Answer(200, project()), Answer(200, [ROBOTS[1], pull]), BOTH)
    ((request, body),) = opened(state)
    assert request == "PUT /robots/3"
    assert (body["id"], body["name"]) == (3, "robot$threebody+pull")
    assert (body["duration"], body["disable"]) == (-1, False)
    assert body["permissions"][0]["access"] == [{"resource": "repository", "action": "pull"}]


@pytest.mark.parametrize("logins", [{"push": 200, "pull": 401}, {"push": 200}])
def test_a_robot_whose_login_is_refused_gets_its_secret_again(
    opened: Opened, logins: dict[str, int]
) -> None:
    state = ProjectState(Answer(200, project()), Answer(200, ROBOTS), logins)
    assert opened(state) == [("PATCH /robots/3", {"secret": PASSWORD})]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            ProjectState(Answer(401, WRONG)),
            f"Harbor at {URL} refuses harbor_admin_password of secrets.env: it counts at the first"
            " installation only; put the password that Harbor has there",
        ),
        (
            ProjectState(Answer(500)),
            f"Harbor at {URL} answers 500 when asked for the project threebody",
        ),
        (
            ProjectState(Answer(200, project("true")), Answer(502)),
            f"Harbor at {URL} answers 502 when asked for robots",
        ),
    ],
)
def test_a_harbor_that_cannot_be_asked_is_refused_in_one_sentence_and_nothing_is_sent(
    on_host: OnHost, platform: Platform, state: ProjectState, sentence: str
) -> None:
    on_host({Project: state})
    wanted = {"project": "threebody", "robots": platform.robots, "url": URL, "ca": ""}
    (refusal,) = texts(harbor.project, **wanted)
    assert said(refusal) == sentence


def test_the_way_back_is_one_command(on_host: OnHost) -> None:
    on_host()
    assert texts(harbor.back, data="/data/harbor") == [
        "/usr/local/sbin/harbor-install back /data/harbor"
    ]
