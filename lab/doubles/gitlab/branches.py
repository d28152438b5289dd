"""Branches of a project; the default one is protected."""

from __future__ import annotations

from urllib.parse import unquote

from . import repositories
from .api import PROJECT, missing, of_project, page
from .http import Answer, Request, Route
from .records import Row

BRANCHES = rf"{PROJECT}/repository/branches"
MAINTAINERS = {"access_level": 40, "access_level_description": "Maintainers"}


@of_project
def listed(request: Request, project: Row) -> Answer:
    """All branches."""
    rows = repositories.branches(request.store, project)
    return page(request, [_shown(row, project, request) for row in rows])


@of_project
def one(request: Request, project: Row) -> Answer:
    """One branch."""
    wanted = unquote(request.found[1])
    rows = repositories.branches(request.store, project)
    row = next((row for row in rows if row["name"] == wanted), None)
    return Answer(200, _shown(row, project, request)) if row else missing("Branch")


@of_project
def tree(request: Request, project: Row) -> Answer:
    """The files and folders on top of a branch."""
    branch = request.query.get("ref") or project["default_branch"]
    if branch not in [row["name"] for row in repositories.branches(request.store, project)]:
        return missing("Tree")
    return page(request, repositories.tree(request.store, project, branch))


@of_project
def protected(request: Request, project: Row) -> Answer:
    """The branches that nobody rewrites."""
    rights = {"push_access_levels": [MAINTAINERS], "merge_access_levels": [MAINTAINERS]}
    row = {"id": 1, "name": project["default_branch"], **rights, "allow_force_push": False}
    return page(request, [row] if is_protected(project, row["name"]) else [])


@of_project
def unprotect(request: Request, project: Row) -> Answer:
    """A branch that anybody may rewrite from now on, whose jobs get nothing that is protected."""
    if not is_protected(project, unquote(request.found[1])):
        return missing()
    request.store.table("projects").change(project["id"], unprotected=True)
    return Answer(204)


def is_protected(project: Row, branch: str) -> bool:
    """Whether protected variables are for this branch."""
    return bool(branch == project["default_branch"] and not project.get("unprotected"))


def _shown(row: Row, project: Row, request: Request) -> Row:
    name, sha = row["name"], row["sha"]
    return {
        "name": name,
        "default": name == project["default_branch"],
        "protected": is_protected(project, name),
        "can_push": True,
        "commit": {
            "id": sha,
            "short_id": sha[:8],
            "title": row["title"],
            "author_name": row["author"],
        },
        "web_url": f"{request.url}/{project['path']}/-/tree/{name}",
    }


ROUTES: list[Route] = [
    ("GET", BRANCHES, listed),
    ("GET", f"{BRANCHES}/([^/]+)", one),
    ("GET", f"{PROJECT}/repository/tree", tree),
    ("GET", f"{PROJECT}/protected_branches", protected),
    ("DELETE", f"{PROJECT}/protected_branches/([^/]+)", unprotect),
]
