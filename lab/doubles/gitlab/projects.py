"""The user, namespaces and projects."""

from __future__ import annotations

import re
from urllib.parse import unquote

from . import deploy_keys, repositories
from .api import PROJECT, invalid, missing, of_project, page, signed_in
from .http import API, Answer, Request, Route
from .records import Row
from .store import NAMESPACES, USER, now

PATH = re.compile(r"(?!-)[\w.-]+(?<!\.git)(?<!\.atom)", re.ASCII)
PATH_RULE = (
    "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git'"
    " or end in '.atom'"
)
TAKEN = "has already been taken"


@signed_in
def user(request: Request) -> Answer:
    """Who asks."""
    return Answer(200, {**USER, "web_url": f"{request.url}/{USER['username']}"})


@signed_in
def own_token(request: Request) -> Answer:
    """The token that asks; a lab's lasts longer than any lab."""
    return Answer(
        200, {"name": "lab", "scopes": ["api"], "active": True, "expires_at": "2099-12-31"}
    )


@signed_in
def namespaces(request: Request) -> Answer:
    """All namespaces."""
    return page(request, [_shown_namespace(row, request) for row in NAMESPACES])


@signed_in
def namespace(request: Request) -> Answer:
    """One namespace, by number or path."""
    row = _namespace(unquote(request.found[0]))
    return Answer(200, _shown_namespace(row, request)) if row else missing("Namespace")


@signed_in
def listed(request: Request) -> Answer:
    """All projects, the newest first."""
    rows = request.store.table("projects").rows()
    wanted = request.query.get("search", "").lower()
    return page(request, [shown(row, request) for row in rows[::-1] if wanted in row["path"]])


@of_project
def one(request: Request, project: Row) -> Answer:
    """One project."""
    return Answer(200, shown(project, request))


@signed_in
def create(request: Request) -> Answer:
    """A new project, empty, or with a README."""
    if request.store.only_project(request.header("PRIVATE-TOKEN")):
        return Answer(403, {"message": "403 Forbidden"})
    body = request.body
    name, path = body.get("name") or body.get("path"), body.get("path") or body.get("name")
    if not name or not path:
        both = "name, path are missing, at least one parameter must be provided"
        return Answer(400, {"error": both})
    space = _namespace(str(body.get("namespace_id", 1)))
    if space is None:
        return invalid(namespace="is not valid")
    path = path if "path" in body else re.sub(r"[^\w.-]+", "-", path).lower()
    if not PATH.fullmatch(path):
        return invalid(path=PATH_RULE)
    whole = f"{space['path']}/{path}"
    if any(row["path"].lower() == whole.lower() for row in request.store.table("projects").rows()):
        return invalid(**{"project_namespace.name": TAKEN, "name": TAKEN, "path": TAKEN})
    kept = {
        "description": body.get("description", ""),
        "visibility": body.get("visibility", "private"),
        "default_branch": body.get("default_branch") or "main",
    }
    project = request.store.table("projects").add(
        name=name, path=whole, namespace_id=space["id"], created_at=now(), **kept
    )
    repositories.make(request.store, project)
    if str(body.get("initialize_with_readme", "")).lower() in ("true", "1"):
        repositories.begin_with_readme(request.store, project)
    return Answer(201, shown(project, request))


@of_project
def remove(request: Request, project: Row) -> Answer:
    """A project and what belongs to it goes away."""
    store = request.store
    for kind in ("deploy_keys", "variables", "runners", "pipelines"):
        for row in store.table(kind).rows(project_id=project["id"]):
            store.table(kind).remove(row["id"])
    deploy_keys.tell_sshd(store)
    store.table("projects").remove(project["id"])
    repositories.remove(store, project)
    return Answer(202, {"message": "202 Accepted"})


def shown(project: Row, request: Request) -> Row:
    """A project as GitLab shows it."""
    space = _namespace(str(project["namespace_id"]))
    assert space is not None
    page_of = f"{request.url}/{project['path']}"
    return {
        "id": project["id"],
        "name": project["name"],
        "description": project["description"],
        "path": project["path"].rpartition("/")[2],
        "path_with_namespace": project["path"],
        "name_with_namespace": f"{space['name']} / {project['name']}",
        "namespace": _shown_namespace(space, request),
        "default_branch": project["default_branch"],
        "visibility": project["visibility"],
        "created_at": project["created_at"],
        "ssh_url_to_repo": f"git@gitlab.com:{project['path']}.git",
        "http_url_to_repo": f"{page_of}.git",
        "web_url": page_of,
    }


def _namespace(named: str) -> Row | None:
    return next((row for row in NAMESPACES if named in (str(row["id"]), row["full_path"])), None)


def _shown_namespace(row: Row, request: Request) -> Row:
    return {**row, "parent_id": None, "web_url": f"{request.url}/{row['full_path']}"}


ROUTES: list[Route] = [
    ("GET", f"{API}/user", user),
    ("GET", f"{API}/personal_access_tokens/self", own_token),
    ("GET", f"{API}/namespaces", namespaces),
    ("GET", f"{API}/namespaces/([^/]+)", namespace),
    ("GET", f"{API}/projects", listed),
    ("POST", f"{API}/projects", create),
    ("GET", PROJECT, one),
    ("DELETE", PROJECT, remove),
]
