"""Who may do what with a repository over SSH: asked by the shell that sshd starts."""

from __future__ import annotations

from . import deploy_keys, pipelines, repositories
from .http import API, Answer, Request, Route
from .records import Row

READ, WRITE = "git-upload-pack", "git-receive-pack"
UNKNOWN = (
    "The project you were looking for could not be found or you don't have permission to view it."
)
READ_ONLY = "This deploy key does not have write access to this project."


def allowed(request: Request) -> Answer:
    """Whether a key may run a command on a repository; where that is."""
    body, store = request.body, request.store
    named = str(body["project"]).strip("/").removesuffix(".git").lower()
    projects = store.table("projects").rows()
    project = next((row for row in projects if row["path"].lower() == named), None)
    print_of = deploy_keys.fingerprint(body["key"])
    given = store.table("deploy_keys").rows(fingerprint_sha256=print_of)
    # A key that is nobody's deploy key is the user's own, who may do everything.
    opens = [row for row in given if project and row["project_id"] == project["id"]]
    if project is None or (given and not opens):
        return Answer(404, {"message": UNKNOWN})
    if body["action"] == WRITE and opens and not any(row["can_push"] for row in opens):
        return Answer(403, {"message": READ_ONLY})
    where = {"repository": str(repositories.path(store, project)), "project_id": project["id"]}
    return Answer(200, {**where, "protected": project["default_branch"]})


def received(request: Request) -> Answer:
    """Branches have moved: each may become a pipeline."""
    project = request.store.table("projects").find(id=request.body["project_id"])
    if project is None:
        return Answer(404, {"message": UNKNOWN})
    for line in str(request.body["changes"]).splitlines():
        before, after, ref = line.split()
        if ref.startswith("refs/heads/") and after != repositories.NOTHING:
            push = Row(ref=ref.removeprefix("refs/heads/"), sha=after, before_sha=before)
            pipelines.create(request.store, project, push, request.url)
    return Answer(200, {})


# Nobody asks these but the shell: the front passes them on for no machine.
ROUTES: list[Route] = [
    ("POST", f"{API}/internal/allowed", allowed),
    ("POST", f"{API}/internal/post_receive", received),
]
