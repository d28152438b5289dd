"""Which images the registry keeps, and when it frees the room of the others."""

from __future__ import annotations

import pytest

from tests.unit.harbor_opened import BOTH, WEEKLY, Opened, kept, opened, policy
from tests.unit.harbor_recorded import ROBOTS, Server, project

__all__ = ["opened"]  # a fixture


def test_a_project_without_a_rule_gets_ours_and_room_is_freed_once_a_week(opened: Opened) -> None:
    (made, rule), (scheduled, schedule) = opened(Server(project(), ROBOTS, BOTH))
    assert (made, scheduled) == ("POST /retentions", "PUT /system/gc/schedule")
    assert rule["scope"] == {"level": "project", "ref": 2}
    assert [it["params"] for it in rule["rules"]] == [
        {"latestPushedK": 30},
        {"nDaysSinceLastPull": 90},
    ]
    assert schedule == {**WEEKLY, "parameters": {"delete_untagged": False}}


@pytest.mark.parametrize("change", ["number", "disabled", "pattern", "cron", "one rule"])
def test_another_rule_is_replaced(opened: Opened, change: str) -> None:
    other = policy()
    match change:
        case "number":
            other = policy(5)
        case "disabled":
            other["rules"][0]["disabled"] = True
        case "pattern":
            other["rules"][0]["tag_selectors"][0]["pattern"] = "v*"
        case "cron":
            other["trigger"]["settings"]["cron"] = ""
        case _:
            del other["rules"][1]
    ((request, body),) = opened(kept(policy=other))
    assert request == "PUT /retentions/7"
    assert (body["id"], body["rules"][0]["params"]) == (7, {"latestPushedK": 30})


@pytest.mark.parametrize("type_", ["Daily", "Custom", "Hourly"])
def test_somebodys_own_schedule_stays(opened: Opened, type_: str) -> None:
    assert opened(kept(schedule={"schedule": {"type": type_, "cron": "0 30 1 * * *"}})) == []


@pytest.mark.parametrize("none", [None, {"schedule": {"type": "None", "cron": ""}}])
def test_where_room_is_never_freed_it_is_scheduled(opened: Opened, none: object) -> None:
    ((request, _),) = opened(kept(schedule=none))
    assert request == "PUT /system/gc/schedule"


def test_where_nobody_wants_a_rule_all_stays_as_it_is(opened: Opened) -> None:
    assert opened(Server(project(), ROBOTS, BOTH), keep=None) == []
    assert opened(kept(policy=policy(5), schedule=None), keep=None) == []
