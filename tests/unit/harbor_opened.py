"""What is sent to a Harbor that is like this, until its project is as wanted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from facts.harbor import HarborApi
from operations import harbor_project
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, parses, stdin_of
from tests.unit.harbor_recorded import ROBOTS, URL, Server, project

ASKED: dict[str, Any] = {"project": "threebody", "keep": 30, "url": URL, "ca": ""}
BOTH = {"push": 200, "pull": 200}
WEEKLY = {"schedule": {"type": "Weekly", "cron": "0 0 3 * * 0"}}


def _rule(template: str, number: int) -> dict[str, Any]:
    selectors = {"matches": "tag_selectors", "repoMatches": "scope_selectors"}
    tags, repositories = (
        [{"kind": "doublestar", "decoration": decoration, "pattern": "**", "extras": ""}]
        for decoration in selectors
    )
    # As Harbor tells it: with what it adds.
    return {
        "id": 1,
        "priority": 0,
        "action": "retain",
        "template": template,
        "params": {template: number},
        "tag_selectors": tags,
        "scope_selectors": {"repository": repositories},
    }


def policy(most: int = 30) -> dict[str, Any]:
    """What is kept, as Harbor tells it (goharbor/harbor, src/pkg/retention/policy/models.go)."""
    return {
        "id": 7,
        "algorithm": "or",
        "rules": [_rule("latestPushedK", most), _rule("nDaysSinceLastPull", 90)],
        "trigger": {
            "kind": "Schedule",
            "settings": {"cron": "0 0 2 * * *", "next_scheduled_time": "2026-11-30T02:00:00Z"},
        },
        "scope": {"level": "project", "ref": 2},
    }


def kept(
    robots: list[dict[str, Any]] = ROBOTS,
    logins: dict[str, int] = BOTH,
    public: str = "false",
    **other: Any,
) -> Server:
    """A Harbor with everything as it is wanted, but for what is given."""
    made = project(public)
    made["metadata"]["retention_id"] = "7"
    return Server(made, robots, logins, **{"policy": policy(), "schedule": WEEKLY, **other})


Opened = Callable[..., list[tuple[str, Any]]]


@pytest.fixture
def opened(on_host: OnHost, platform: Platform) -> Opened:
    """What is sent to Harbor's API: each request, and what it carries."""

    def by(server: Server, keep: int | None = 30) -> list[tuple[str, Any]]:
        on_host({HarborApi: server})
        asked = []
        for command in harbor_project.create._inner(
            robots=platform.robots, **ASKED | {"keep": keep}
        ):
            shell = command.get_raw_value()
            assert PASSWORD not in shell
            assert parses(shell)
            words = shlex.split(shell.replace(")", " "))
            method = words[words.index("-X") + 1]
            (url,) = (word for word in words if word.startswith(URL))
            body = json.loads(stdin_of(command))
            server.take(method, url.removeprefix(f"{URL}/api/v2.0"), body)
            asked.append((f"{method} {url.removeprefix(f'{URL}/api/v2.0')}", body))
        return asked

    return by
