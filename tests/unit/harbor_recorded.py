"""What Harbor 2.14.1 answered, shortened: facts are held to it."""

from __future__ import annotations

import json
from typing import Any

from pyinfra.api.facts import FactBase

from facts.harbor import Answer, Harbor, HarborState, Project, ProjectState

URL = "http://harbor.local:8080"
ASKED = {"url": URL, "ca": "", "project": "threebody", "robots": ["push", "pull"]}
HEALTHY = (
    '{"components":[{"name":"core","status":"healthy"},{"name":"database","status":"healthy"}],'
    '"status":"healthy"}'
)
# It says so with status 200.
UNHEALTHY = (
    '{"components":[{"error":"connection refused","name":"registry","status":"unhealthy"},'
    '{"name":"core","status":"healthy"}],"status":"unhealthy"}'
)


def project(public: str = "false") -> dict[str, Any]:
    """A project as an administrator reads it."""
    return {
        "creation_time": "2026-11-23T20:54:23.892Z",
        "current_user_role_ids": [1],
        "cve_allowlist": {"id": 2, "items": [], "project_id": 2},
        "metadata": {"public": public},
        "name": "threebody",
        "owner_name": "admin",
        "project_id": 2,
        "repo_count": 0,
    }


def robot(name: str, *actions: str, number: int = 3, **other: Any) -> dict[str, Any]:
    """A robot of the project as its list has it."""
    access = [{"action": action, "resource": "repository"} for action in actions]
    return {
        "creator_type": "local",
        "disable": False,
        "duration": -1,
        "editable": True,
        "expires_at": -1,
        "id": number,
        "level": "project",
        "name": f"robot$threebody+{name}",
        "permissions": [{"access": access, "kind": "project", "namespace": "threebody"}],
        **other,
    }


def errors(code: str, message: str) -> dict[str, Any]:
    """An error as Harbor's API tells it."""
    return {"errors": [{"code": code, "message": message}]}


ROBOTS = [robot("pull", "pull"), robot("push", "push", "pull", number=1)]
PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
MISSING = errors("NOT_FOUND", "project threebody not found")
WRONG = errors("UNAUTHORIZED", "unauthorized")

# Fact, its arguments, recorded output, what it says.
RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (
        Harbor,
        {"url": URL, "ca": ""},
        "installed 2.14.1 0a1b2c3d4e5f6a7b\nintact\nwell",
        HarborState("2.14.1", "0a1b2c3d4e5f6a7b", intact=True, well=True),
    ),
    (
        Harbor,
        {"url": URL, "ca": "/etc/docker/certs.d/x/ca.crt"},
        "installed 2.14.1 0a1b2c3d4e5f6a7b",
        HarborState("2.14.1", "0a1b2c3d4e5f6a7b", intact=False, well=False),
    ),
    (Harbor, {"url": URL, "ca": ""}, "installed ", HarborState()),
    (
        Project,
        ASKED,
        f"project 200 {json.dumps(project())}\nrobots 200 {json.dumps(ROBOTS)}\n"
        "login push 200\nlogin pull 401",
        ProjectState(Answer(200, project()), Answer(200, ROBOTS), {"push": 200, "pull": 401}),
    ),
    (Project, ASKED, f"project 404 {json.dumps(MISSING)}", ProjectState(Answer(404, MISSING))),
    (Project, ASKED, f"project 401 {json.dumps(WRONG)}", ProjectState(Answer(401, WRONG))),
    (Project, ASKED, f"project 502 {PAGE}", ProjectState(Answer(502))),
    (Project, ASKED, "project 000 ", ProjectState()),
    (
        Project,
        ASKED,
        f"project 200 {json.dumps(project())}\nrobots 200 []\nlogin push\nlogin pull 000",
        ProjectState(Answer(200, project()), Answer(200, []), {"push": 0, "pull": 0}),
    ),
]
