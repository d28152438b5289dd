"""What Harbor 2.14.1 answered, shortened: facts are held to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pyinfra.api.facts import FactBase

from facts.harbor import API, Answer, Harbor, HarborApi, HarborState

URL = "http://harbor.local:8080"
ASKED = {"url": URL, "ca": "", "path": "/api/v2.0/projects/threebody", "login": "admin"}
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

JSON = "application/json"
# Fact, its arguments, recorded output, what it says.
RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (
        Harbor,
        {},
        "installed 2.14.1 0a1b2c3d4e5f6a7b\nintact",
        HarborState("2.14.1", "0a1b2c3d4e5f6a7b", intact=True),
    ),
    (Harbor, {}, "installed 2.14.1 reinstalling", HarborState("2.14.1", "reinstalling")),
    (Harbor, {}, "installed ", HarborState()),
    (HarborApi, ASKED, f"{json.dumps(project())}\n200 {JSON}", Answer(200, project())),
    (
        HarborApi,
        ASKED,
        f"{json.dumps(ROBOTS, indent=1)}\n200 {JSON}; charset=utf-8",
        Answer(200, ROBOTS),
    ),
    (HarborApi, ASKED, f"{json.dumps(MISSING)}\n404 {JSON}; charset=utf-8", Answer(404, MISSING)),
    (HarborApi, ASKED, f"{PAGE}\n502 text/html", Answer(502)),
    (HarborApi, ASKED, "\n200 ", Answer(200)),
    (HarborApi, ASKED, "\n000 ", Answer()),
]


@dataclass
class Server:
    """A Harbor that answers HarborApi, and takes what operations send it."""

    project: dict[str, Any] | None = None
    robots: list[dict[str, Any]] = field(default_factory=list)
    logins: dict[str, int] = field(default_factory=dict)
    other: dict[str, Answer] = field(default_factory=dict)  # answers by the end of a path
    policy: dict[str, Any] | None = None  # what images it keeps: number 7
    schedule: dict[str, Any] | None = None  # when it frees room

    def __call__(self, url: str, ca: str, path: str, login: str = "") -> Answer:
        """What it answers to GET."""
        assert (url, ca) == (URL, "")
        for end, answer in self.other.items():
            if path.endswith(end):
                return answer
        if path == "/v2/":
            return Answer(self.logins.get(login, 401))
        assert login == "admin"
        if path == f"{API}/projects/threebody":
            return Answer(200, self.project) if self.project else Answer(404, MISSING)
        if path in (f"{API}/retentions/7", f"{API}/system/gc/schedule"):
            return Answer(200, self.policy if "retentions" in path else self.schedule)
        assert path == f"{API}/robots?page_size=100&q=Level%3Dproject%2CProjectID%3D2"
        return Answer(200, self.robots)

    def take(self, method: str, path: str, body: dict[str, Any]) -> None:
        """What was sent to it."""
        match method, path:
            case "POST", "/projects":
                self.project = project(body["metadata"]["public"])
            case "POST", "/robots":
                number = 10 + len(self.robots)
                made = {**body, "id": number, "name": f"robot$threebody+{body['name']}"}
                self.robots = [*self.robots, made]
            case "POST", "/retentions":
                assert self.project
                self.project["metadata"]["retention_id"] = "7"
                self.policy = {"id": 7, **body}
            case "PUT", "/retentions/7":
                self.policy = body
            case "PUT", "/system/gc/schedule":
                # Contract: goharbor/harbor, src/server/v2.0/handler/model/gc.go.
                told = json.dumps(body["parameters"])
                self.schedule = {"id": 1, "job_parameters": told, "schedule": body["schedule"]}
