"""Projects of the v2.0 API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from . import records, storage
from .accounts import account, admin
from .records import now
from .web import Answer, Refusal, Request

NEVER = "0001-01-01T00:00:00.000Z"
COLUMNS = "SELECT id, name, metadata, created, updated FROM project"


@dataclass(frozen=True)
class Project:
    """A row of the table."""

    id: int
    name: str
    metadata: dict[str, str]
    created: str
    updated: str

    @property
    def is_public(self) -> bool:
        """Whether everybody may pull."""
        return self.metadata.get("public") == "true"


def every() -> list[Project]:
    """All projects, by id."""
    rows = records.query(f"{COLUMNS} ORDER BY id")
    return [Project(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]


def find(name_or_id: str) -> Project | None:
    """The project of that name; a number is an id."""
    for project in every():
        if name_or_id in (project.name, str(project.id)):
            return project
    return None


def get(name_or_id: str) -> Project:
    """The same, or 404."""
    project = find(name_or_id)
    if project is None:
        raise Refusal(404, f"project {name_or_id} not found")
    return project


def exists(request: Request) -> Answer:
    """HEAD /projects?project_name=."""
    admin(request)
    if find(request.first("project_name")) is None:
        raise Refusal(404, "")
    return Answer()


def create(request: Request) -> Answer:
    """POST /projects."""
    admin(request)
    told = request.json()
    name = str(told.get("project_name", ""))
    if not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name) or len(name) > 255:
        raise Refusal(400, "project name is not in lower case or contains illegal characters")
    given = told.get("metadata") or {}
    metadata = {"public": "true" if given.get("public") == "true" else "false"}
    if find(name):
        raise Refusal(409, f"The project named {name} already exists")
    number = records.next_id("projects")
    try:
        records.query(
            "INSERT INTO project VALUES (?, ?, ?, ?, ?)",
            *(number, name, json.dumps(metadata), now(), now()),
        )
    except records.Conflict as conflict:
        raise Refusal(409, f"The project named {name} already exists") from conflict
    return Answer(201, headers={"Location": f"/api/v2.0/projects/{number}"})


def read(request: Request, name: str) -> Answer:
    """GET /projects/NAME: a public one for everybody."""
    found = find(name)
    if found and found.is_public and account(request) is None:
        return Answer(body=_shown(found, as_admin=False))
    admin(request)
    return Answer(body=_shown(get(name), as_admin=True))


def listed(request: Request) -> Answer:
    """GET /projects: what the asker may see, ?name= anywhere in the name."""
    known = account(request)
    seen = [
        _shown(project, as_admin=bool(known and known.is_admin))
        for project in every()
        if request.first("name") in project.name
        and (project.is_public or (known and known.project in ("", project.name)))
    ]
    return paged(request, seen)


def paged(request: Request, rows: list[dict[str, Any]]) -> Answer:
    """One page of rows, with the number of all of them."""
    size = int(request.first("page_size", "10"))
    start = (int(request.first("page", "1")) - 1) * size
    return Answer(body=rows[start : start + size], headers={"X-Total-Count": str(len(rows))})


def change(request: Request, name: str) -> Answer:
    """PUT /projects/NAME: metadata that is given replaces what was."""
    admin(request)
    project = get(name)
    given = request.json().get("metadata") or {}
    if set(given) - {"public"}:
        raise Refusal(422, f"the double keeps `public` only, not {sorted(given)}")
    wanted = {"public": given["public"]} if given.get("public") in ("true", "false") else {}
    keep(project, {**project.metadata, **wanted})
    return Answer()


def keep(project: Project, metadata: dict[str, str]) -> None:
    """Have a project be so."""
    records.query(
        "UPDATE project SET metadata = ?, updated = ? WHERE id = ?",
        *(json.dumps(metadata), now(), project.id),
    )


def delete(request: Request, name: str) -> Answer:
    """DELETE /projects/NAME: only an empty one goes, and its robots with it."""
    admin(request)
    project = get(name)
    if storage.repositories(project.name):
        message = "precondition failed: the project contains repositories, can not be deleted"
        raise Refusal(412, message)
    records.query("DELETE FROM robots WHERE project = ?", project.id)
    records.query("DELETE FROM project WHERE id = ?", project.id)
    return Answer()


def _shown(project: Project, as_admin: bool) -> dict[str, object]:
    role = {"current_user_role_id": 1} if as_admin else {}
    return {
        "creation_time": project.created,
        **role,
        "current_user_role_ids": [1] if as_admin else None,
        "cve_allowlist": {
            "creation_time": NEVER,
            "id": project.id,
            "items": [],
            "project_id": project.id,
            "update_time": NEVER,
        },
        "metadata": project.metadata,
        "name": project.name,
        "owner_id": 1,
        "owner_name": "admin",
        "project_id": project.id,
        "repo_count": len(storage.repositories(project.name)),
        "update_time": project.updated,
    }
