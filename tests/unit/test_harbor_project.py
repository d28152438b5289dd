"""The project that images go to: what is asked of Harbor's API, what is sent, what is refused."""

from __future__ import annotations

import json
import shlex
from types import SimpleNamespace
from typing import Any

import pytest

from facts import side_by_side as side
from facts.asking import ask_together
from facts.harbor import Answer, HarborApi
from operations import harbor_api, harbor_project, noting
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, refused_with, texts
from tests.unit.harbor_opened import ASKED, BOTH, Opened, kept, opened
from tests.unit.harbor_recorded import MISSING, PAGE, ROBOTS, URL, WRONG, Server, project, robot

__all__ = ["opened"]  # a fixture


def test_a_project_as_wanted_is_left_alone(opened: Opened) -> None:
    assert opened(kept()) == []


def test_what_can_be_asked_at_once_is_asked_in_one_command(
    on_host: OnHost, platform: Platform
) -> None:
    server = kept()

    def side_by_side(commands: list[str]) -> tuple[side.Answer, ...]:
        rows = []
        for words in map(shlex.split, commands):
            (url,) = (word for word in words if word.startswith(URL))
            login = words[words.index("--config") + 1].rpartition("/")[2].removesuffix(".curl")
            answer = server(URL, "", url.removeprefix(URL), login)
            rows.append((json.dumps(answer.body), f"{answer.status} application/json"))
        return tuple(side.Answer(0, lines) for lines in rows)

    machine = on_host({side.Answers: side_by_side})
    with noting() as noted:
        harbor_project.create(name="Open", robots=platform.robots, **ASKED)
    ask_together(noted)
    assert [len(given["commands"]) for _, given in machine.asked] == [3, 3]
    assert list(harbor_project.create._inner(robots=platform.robots, **ASKED)) == []
    assert len(machine.asked) == 2


def test_where_there_is_none_it_is_made_private_with_both_robots(opened: Opened) -> None:
    made, push, push_secret, pull, pull_secret, *room = opened(Server())
    assert made == (
        "POST /projects",
        {"project_name": "threebody", "metadata": {"public": "false"}},
    )
    assert [request for request, _ in room] == ["POST /retentions", "PUT /system/gc/schedule"]
    assert push_secret == ("PATCH /robots/10", {"secret": PASSWORD})
    assert pull_secret == ("PATCH /robots/11", {"secret": PASSWORD})
    for (request, body), name, actions in (
        (push, "push", ["push", "pull"]),
        (pull, "pull", ["pull"]),
    ):
        assert request == "POST /robots"
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


def test_of_a_machine_without_harbor_the_plan_is_to_make_a_project(
    on_host: OnHost, platform: Platform
) -> None:
    on_host()
    first = next(harbor_project.create._inner(robots=platform.robots, **ASKED))
    assert "-X POST" in first.get_raw_value()


def test_one_that_is_public_is_closed(opened: Opened) -> None:
    assert opened(kept(public="true")) == [
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
    ((request, body),) = opened(kept([ROBOTS[1], pull]))
    assert request == "PUT /robots/3"
    assert (body["id"], body["name"]) == (3, "robot$threebody+pull")
    assert (body["duration"], body["disable"]) == (-1, False)
    assert body["permissions"][0]["access"] == [{"resource": "repository", "action": "pull"}]


@pytest.mark.parametrize(
    "logins", [{"push": 200, "pull": 401}, {"push": 200}, {"push": 200, "pull": 0}]
)
def test_a_robot_whose_login_is_refused_gets_its_secret_again(
    opened: Opened, logins: dict[str, int]
) -> None:
    asked = opened(kept(logins=logins))
    assert asked == [("PATCH /robots/3", {"secret": PASSWORD})]


@pytest.mark.parametrize(
    ("end", "answer", "sentence"),
    [
        (
            "threebody",
            Answer(401, WRONG),
            "refuses harbor_admin_password of secrets.env: it counts at the first installation"
            " only; put the password that Harbor has there",
        ),
        (
            "threebody",
            Answer(500, None, "oops"),
            ", asked for /projects/threebody, answers 500: oops",
        ),
        (
            "threebody",
            Answer(200, []),
            ", asked for /projects/threebody, answers 200: nothing more",
        ),
        ("D%3D2", Answer(502, None, PAGE), f"ProjectID%3D2, answers 502: {PAGE}"),
        ("D%3D2", Answer(404, MISSING, "{}"), "ProjectID%3D2, answers 404: {}"),
        ("D%3D2", Answer(), "ProjectID%3D2, gives no answer within 10 s"),
        ("D%3D2", Answer(200, {"errors": []}, "{}"), "ProjectID%3D2, answers 200: {}"),
    ],
)
def test_a_harbor_that_cannot_be_asked_is_refused_in_one_sentence_and_nothing_is_sent(
    on_host: OnHost, platform: Platform, end: str, answer: Answer, sentence: str
) -> None:
    on_host({HarborApi: kept(other={end: answer})})
    (refusal,) = texts(harbor_project.create, robots=platform.robots, **ASKED)
    told = refused_with(refusal)
    assert told.startswith(f"Harbor at {URL}")
    assert told.endswith(sentence)


def test_a_robot_that_was_made_and_is_not_listed_is_a_sentence(
    on_host: OnHost, platform: Platform
) -> None:
    on_host({HarborApi: Server(project(), [], BOTH)})
    post, refusal = texts(harbor_project.create, robots=platform.robots, **ASKED)
    assert "-X POST" in post
    assert refused_with(refusal) == (
        f"Harbor at {URL} has taken robot$threebody+push, and does not list it"
    )


def test_a_harbor_that_gives_no_answer_while_a_run_works_is_sent_nothing(
    on_host: OnHost, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_host({HarborApi: Server(other={"threebody": Answer()})})
    monkeypatch.setattr(harbor_api, "state", SimpleNamespace(is_executing=True))
    (refusal,) = texts(harbor_project.create, robots=platform.robots, **ASKED)
    assert refused_with(refusal).endswith(
        ", asked for /projects/threebody, gives no answer within 10 s"
    )
