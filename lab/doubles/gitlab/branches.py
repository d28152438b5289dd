"""Branches of a project; the default one is protected."""

from __future__ import annotations

from urllib.parse import unquote

from . import repositories
from .api import PROJECT, missing, of_project, page
from .http import Answer, Request, Route
from .records import Row

BRANCHES = rf"{PROJECT}/repository/branches"
ROLES = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers"}


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
    rights = {"push_access_levels": [_level(40)], "merge_access_levels": [_level(40)]}
    row = {"id": 1, "name": project["default_branch"], **rights, "allow_force_push": False}
    usual = [row] if is_protected(project, row["name"]) else []
    return page(request, [*usual, *project.get("rules", [])])


@of_project
def protect(request: Request, project: Row) -> Answer:
    """A rule more, for one branch or by a wildcard; or the default branch is protected again."""
    name = str(request.body["name"])
    rules = {rule["name"]: rule for rule in project.get("rules", [])}
    if name in rules:
        return Answer(409, {"message": f"Protected branch '{name}' already exists"})
    rules[name] = {
        "id": len(rules) + 2,
        "name": name,
        "push_access_levels": [_level(request.body.get("push_access_level"))],
        "merge_access_levels": [_level(request.body.get("merge_access_level"))],
        "allow_force_push": bool(request.body.get("allow_force_push", False)),
    }
    request.store.table("projects").change(project["id"], rules=list(rules.values()))
    return Answer(201, rules[name])


@of_project
def protected_tags(request: Request, project: Row) -> Answer:
    """The tags that not everybody makes: by rules, of which there are none at first."""
    return page(request, project.get("tag_rules", []))


@of_project
def protect_tag(request: Request, project: Row) -> Answer:
    """A rule for tags more."""
    level = _level(request.body.get("create_access_level"))
    rule = {"name": request.body["name"], "create_access_levels": [level]}
    rules = [*project.get("tag_rules", []), rule]
    request.store.table("projects").change(project["id"], tag_rules=rules)
    return Answer(201, rule)


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


def _level(number: object) -> Row:
    level = int(str(40 if number is None else number))
    return {"access_level": level, "access_level_description": ROLES[level]}


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
    ("POST", f"{PROJECT}/protected_branches", protect),
    ("GET", f"{PROJECT}/protected_tags", protected_tags),
    ("POST", f"{PROJECT}/protected_tags", protect_tag),
    ("DELETE", f"{PROJECT}/protected_branches/([^/]+)", unprotect),
]
