"""Robot accounts of projects; there are none of the system here."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from . import passwords, records
from .accounts import PREFIX, admin
from .projects import Project, get, paged
from .records import now
from .web import Answer, Refusal, Request

ACTIONS = {
    "repository": {"push", "pull", "read", "list", "update", "delete"},
    "artifact": {"read", "list", "delete"},
    "tag": {"create", "list", "delete"},
}
COLUMNS = (
    "SELECT robots.id, robots.name, project.name, description, duration, expires, disabled,"
    " access, robots.created, robots.updated"
    " FROM robots JOIN project ON project.id = robots.project"
)


def create(request: Request) -> Answer:
    """POST /robots: the secret is told once and never again."""
    admin(request)
    told = request.json()
    project, access = _permissions(told)
    name, duration = str(told.get("name", "")), _duration(told)
    if not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name):
        raise Refusal(400, f"bad request robot name {name} is not in lower case or is illegal")
    number, secret, expires = records.next_id("robots"), passwords.made(), _expires(duration)
    try:
        rows = records.query(
            "INSERT INTO robots (id, project, name, secret, description, duration, expires,"
            " disabled, access, created, updated)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?) RETURNING created",
            *(number, project.id, name, passwords.hashed(secret), told.get("description", "")),
            *(duration, expires, json.dumps(access), now(), now()),
        )
    except records.Conflict as conflict:
        taken = f"robot account {project.id}:{project.name}+{name} already exists"
        raise Refusal(409, taken) from conflict
    shown = {
        "creation_time": rows[0][0],
        "expires_at": expires,
        "id": number,
        "name": f"{PREFIX}{project.name}+{name}",
        "secret": secret,
    }
    return Answer(201, shown, {"Location": f"/api/v2.0/robots/{number}"})


def listed(request: Request) -> Answer:
    """GET /robots: without q= the system's robots, of which there are none."""
    admin(request)
    asked = dict(part.partition("=")[::2] for part in request.first("q").split(",") if part)
    if asked.get("Level") != "project":
        return paged(request, [])
    if "ProjectID" not in asked:
        raise Refusal(400, "must with project ID when to query project robots")
    where = f"{COLUMNS} WHERE robots.project = ? ORDER BY robots.id DESC"
    rows = records.query(where, asked["ProjectID"])
    return paged(request, [_shown(row) for row in rows])


def read(request: Request, number: str) -> Answer:
    """GET /robots/ID."""
    admin(request)
    return Answer(body=_shown(_row(number)))


def change(request: Request, number: str) -> Answer:
    """PUT /robots/ID: everything but name and project."""
    admin(request)
    row, told = _row(number), request.json()
    project, access = _permissions(told)
    if told.get("name") != f"{PREFIX}{row[2]}+{row[1]}" or project.name != row[2]:
        raise Refusal(400, "bad request cannot update the level or name of robot")
    duration = _duration(told)
    records.query(
        "UPDATE robots SET description = ?, duration = ?, expires = ?, disabled = ?, access = ?,"
        " updated = ? WHERE id = ?",
        *(told.get("description", ""), duration, _expires(duration)),
        *(int(bool(told.get("disable"))), json.dumps(access), now(), row[0]),
    )
    return Answer()


def renew(request: Request, number: str) -> Answer:
    """PATCH /robots/ID: a new secret, or the one that is given."""
    admin(request)
    row, given = _row(number), str(request.json().get("secret") or "")
    if given and not passwords.is_good(given):
        raise Refusal(400, f"the secret {passwords.RULE}")
    secret = given or passwords.made()
    where = "UPDATE robots SET secret = ?, updated = ? WHERE id = ?"
    records.query(where, passwords.hashed(secret), now(), row[0])
    return Answer(body={} if given else {"secret": secret})


def delete(request: Request, number: str) -> Answer:
    """DELETE /robots/ID."""
    admin(request)
    records.query("DELETE FROM robots WHERE id = ?", _row(number)[0])
    return Answer()


def _row(number: str) -> list[Any]:
    rows = records.query(f"{COLUMNS} WHERE robots.id = ?", number)
    if not rows:
        raise Refusal(404, f"robot {number} not found")
    return rows[0]


def _permissions(told: dict[str, Any]) -> tuple[Project, list[dict[str, str]]]:
    """The project and what may be done in it."""
    permissions = told.get("permissions") or []
    if told.get("level") != "project" or len(permissions) != 1:
        raise Refusal(400, "bad request: the double keeps robots of one project only")
    access = permissions[0].get("access") or []
    for entry in access:
        if entry.get("action") not in ACTIONS.get(entry.get("resource"), ()):
            asked = f"{entry.get('resource')}:{entry.get('action')}"
            raise Refusal(400, f"bad request permission: {asked}")
    return get(str(permissions[0].get("namespace"))), access


def _duration(told: dict[str, Any]) -> int:
    duration = int(told.get("duration") or 0)
    if duration != -1 and duration <= 0:
        message = f"bad request error duration input: {duration},"
        raise Refusal(400, f"{message} duration must be either -1(Never) or a positive integer")
    return duration


def _expires(duration: int) -> int:
    """Seconds since 1970, or -1 for never; a duration is in days."""
    return -1 if duration == -1 else int(time.time()) + duration * 86400


def _shown(row: list[Any]) -> dict[str, Any]:
    number, name, project, description, duration, expires, disabled, access, created, updated = row
    permission = {"access": json.loads(access), "kind": "project", "namespace": project}
    return {
        "creation_time": created,
        "creator_ref": 1,
        "creator_type": "local",
        **({"description": description} if description else {}),
        "disable": bool(disabled),
        "duration": duration,
        "editable": True,
        "expires_at": expires,
        "id": number,
        "level": "project",
        "name": f"{PREFIX}{project}+{name}",
        "permissions": [permission],
        "update_time": updated,
    }
