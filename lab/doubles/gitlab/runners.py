"""Runners as the user sees them: made here, and registered on a machine by their token."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps

from .api import PROJECT, Act, invalid, lacks, missing, of_project, page, refused, signed_in
from .http import API, Answer, Request, Route
from .records import Row
from .store import ANYBODYS, Store

RUNNER = rf"{API}/runners/(\d+)"
TAGLESS = "can not be empty when runner is not allowed to pick untagged jobs"
CHANGEABLE = tuple(name for name in ANYBODYS if name not in ("runner_type", "project_id"))


def _of_runner(act: Callable[[Request, Row], Answer]) -> Act:
    """Only for the user, on a runner that is there."""

    @signed_in
    @wraps(act)
    def checked(request: Request) -> Answer:
        row = request.store.table("runners").find(id=int(request.found[0]))
        return act(request, row) if row else missing()

    return checked


@signed_in
def create(request: Request) -> Answer:
    """A new runner; its token is told once."""
    body = request.body
    kind = body.get("runner_type")
    if kind not in ("instance_type", "project_type"):
        wrong = "runner_type does not have a valid value"
        return Answer(400, {"error": wrong if kind else f"runner_type is missing, {wrong}"})
    if kind == "project_type":
        if refusal := lacks(body, "project_id"):
            return refusal
        if request.store.table("projects").find(id=body["project_id"]) is None:
            return refused("Missing/invalid scope")
    row = {**ANYBODYS, "tag_list": [], **_given(body), "runner_type": kind}
    if not row["run_untagged"] and not row["tag_list"]:
        return refused(f"Tags list {TAGLESS}")
    row["project_id"] = body["project_id"] if kind == "project_type" else None
    made = request.store.table("runners").add(token=new_token(), **row)
    told = {"id": made["id"], "token": made["token"], "token_expires_at": None}
    return Answer(201, told)


@of_project
def of_a_project(request: Request, project: Row) -> Answer:
    """The runners that a project may use, its own and everybody's; of one type, or with tags."""
    rows = [row for row in request.store.table("runners").rows() if fits(row, project["id"])]
    tags = set(filter(None, request.query.get("tag_list", "").split(",")))
    rows = [row for row in rows if tags <= set(row["tag_list"])]
    if kind := request.query.get("type"):
        rows = [row for row in rows if row["runner_type"] == kind]
    return page(request, [_shown(row) for row in rows])


@_of_runner
def one(request: Request, row: Row) -> Answer:
    """One runner."""
    return Answer(200, _details(row, request.store))


@_of_runner
def update(request: Request, row: Row) -> Answer:
    """Change a runner."""
    given = _given(request.body)
    if not given:
        named = "description, active, paused, tag_list, run_untagged, locked, access_level"
        need = f"{named}, maximum_timeout, maintenance_note are missing, at least one parameter"
        return Answer(400, {"error": f"{need} must be provided"})
    row |= given
    if not row["run_untagged"] and not row["tag_list"]:
        return invalid(tags_list=TAGLESS)
    changed = request.store.table("runners").change(row["id"], **given)
    return Answer(200, _details(changed, request.store))


@_of_runner
def reset(request: Request, row: Row) -> Answer:
    """Another token for a runner; the one before is refused from now on."""
    changed = request.store.table("runners").change(row["id"], token=new_token())
    return Answer(201, {"token": changed["token"], "token_expires_at": None})


@_of_runner
def remove(request: Request, row: Row) -> Answer:
    """A runner less."""
    request.store.table("runners").remove(row["id"])
    return Answer(204)


def new_token() -> str:
    """A runner's authentication token."""
    return f"glrt-{secrets.token_urlsafe(15)}"


def fits(runner: Row, project_id: int) -> bool:
    """Whether a project may use a runner; one of no project is everybody's."""
    return bool(runner["project_id"] in (None, project_id))


def _given(body: Row) -> Row:
    given = {name: body[name] for name in CHANGEABLE if name in body}
    if isinstance(given.get("tag_list"), str):
        given["tag_list"] = [tag.strip() for tag in given["tag_list"].split(",") if tag.strip()]
    return given


def _shown(row: Row) -> Row:
    return {
        "id": row["id"],
        "description": row["description"],
        "active": not row["paused"],
        "paused": row["paused"],
        "is_shared": row["runner_type"] == "instance_type",
        "runner_type": row["runner_type"],
        "name": None,
        "online": row.get("contacted"),
        "status": "online" if row.get("contacted") else "never_contacted",
    }


def _details(row: Row, store: Store) -> Row:
    extra = ("tag_list", "run_untagged", "locked", "access_level", "maximum_timeout")
    own = store.table("projects").find(id=row["project_id"])
    projects = [{"id": own["id"], "path_with_namespace": own["path"]}] if own else []
    return {**_shown(row), **{name: row[name] for name in extra}, "projects": projects}


ROUTES: list[Route] = [
    ("POST", f"{API}/user/runners", create),
    ("GET", f"{PROJECT}/runners", of_a_project),
    ("GET", RUNNER, one),
    ("PUT", RUNNER, update),
    ("DELETE", RUNNER, remove),
    ("POST", f"{RUNNER}/reset_authentication_token", reset),
]
