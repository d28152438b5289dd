"""A project's variables: what its jobs get, and what no log shows."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .api import PROJECT, invalid, lacks, missing, of_project, page
from .http import Answer, Request, Route
from .records import Row

VARIABLE = rf"{PROJECT}/variables/([^/]+)"
USUAL: Row = {
    "variable_type": "env_var",
    "protected": False,
    "masked": False,
    "hidden": False,
    "raw": False,
    "environment_scope": "*",
    "description": None,
}
# What a masked variable may be: a raw one anything without spaces.
MASKABLE = re.compile(r"[a-zA-Z0-9_+=/@:.~-]{8,}")
MASKABLE_RAW = re.compile(r"\S{8,}")


@of_project
def listed(request: Request, project: Row) -> Answer:
    """A project's variables."""
    rows = request.store.table("variables").rows(project_id=project["id"])
    return page(request, [_shown(row) for row in rows])


@of_project
def one(request: Request, project: Row) -> Answer:
    """One variable."""
    row = _row(request, project)
    return Answer(200, _shown(row)) if row else missing("Variable")


@of_project
def create(request: Request, project: Row) -> Answer:
    """A new variable."""
    body = dict(request.body)
    if refusal := lacks(body, "key", "value"):
        return refusal
    # `masked_and_hidden` is how one asks for a hidden one, here only.
    hidden = bool(body.pop("masked_and_hidden", False))
    row = {**USUAL, **_given(body), "key": body["key"]}
    row |= {"hidden": True, "masked": True} if hidden else {}
    if refusal := _refusal(row):
        return refusal
    scope = row["environment_scope"]
    table = request.store.table("variables")
    if table.find(project_id=project["id"], key=row["key"], environment_scope=scope):
        return invalid(key=f"({row['key']}) has already been taken")
    return Answer(201, _shown(table.add(project_id=project["id"], **row)))


@of_project
def update(request: Request, project: Row) -> Answer:
    """Change a variable; its name stays."""
    row = _row(request, project)
    if row is None:
        return missing("Variable")
    given = _given(request.body)
    if refusal := _refusal({**row, **given}):
        return refusal
    return Answer(200, _shown(request.store.table("variables").change(row["id"], **given)))


@of_project
def remove(request: Request, project: Row) -> Answer:
    """A variable less."""
    row = _row(request, project)
    if row is None:
        return missing("Variable")
    request.store.table("variables").remove(row["id"])
    return Answer(204)


def _given(body: Row) -> Row:
    known = (*USUAL, "value")
    return {name: body[name] for name in known if name in body and name != "hidden"}


def _refusal(row: Row) -> Answer | None:
    if row["variable_type"] not in ("env_var", "file"):
        return Answer(400, {"error": "variable_type does not have a valid value"})
    if not re.fullmatch("[a-zA-Z0-9_]{1,255}", row["key"]):
        return invalid(key="can contain only letters, digits and '_'.")
    rule = MASKABLE_RAW if row["raw"] else MASKABLE
    if row["masked"] and not rule.fullmatch(row["value"]):
        return invalid(value="is invalid")
    return None


def _row(request: Request, project: Row) -> Row | None:
    table = request.store.table("variables")
    wanted = {"project_id": project["id"], "key": unquote(request.found[1])}
    if scope := request.query.get("filter[environment_scope]"):
        wanted["environment_scope"] = scope
    return table.find(**wanted)


def _shown(row: Row) -> Row:
    kept = {name: value for name, value in row.items() if name not in ("id", "project_id")}
    return {**kept, "value": None} if row["hidden"] else kept


ROUTES: list[Route] = [
    ("GET", f"{PROJECT}/variables", listed),
    ("POST", f"{PROJECT}/variables", create),
    ("GET", VARIABLE, one),
    ("PUT", VARIABLE, update),
    ("DELETE", VARIABLE, remove),
]
