"""Deploy keys: who may clone a project over SSH, and push to it."""

from __future__ import annotations

import base64
import binascii
import hashlib

from .api import PROJECT, invalid, lacks, missing, of_project, page
from .http import Answer, Request, Route
from .records import Row
from .store import Store, now

KEY = rf"{PROJECT}/deploy_keys/(\d+)"
FINGERPRINT = "deploy_key.fingerprint_sha256"


@of_project
def listed(request: Request, project: Row) -> Answer:
    """A project's keys."""
    rows = request.store.table("deploy_keys").rows(project_id=project["id"])
    return page(request, [_shown(row) for row in rows])


@of_project
def one(request: Request, project: Row) -> Answer:
    """One of a project's keys."""
    row = _row(request, project)
    return Answer(200, _shown(row)) if row else missing()


@of_project
def create(request: Request, project: Row) -> Answer:
    """Give a key to a project; one that it has already stays as it is."""
    body, table = request.body, request.store.table("deploy_keys")
    if refusal := lacks(body, "key", "title"):
        return refusal
    key = body["key"].strip()
    known = table.find(project_id=project["id"], key=key)
    if known:
        return Answer(201, _shown(known))
    key = " ".join(key.split()[:3])  # of a comment GitLab keeps one word
    print_of = fingerprint(key)
    if print_of is None:
        return invalid(**{FINGERPRINT: "cannot be generated"})
    # What is not the same word for word is another key to GitLab, with a fingerprint that is taken.
    others = table.rows(fingerprint_sha256=print_of)
    if any(row["project_id"] == project["id"] or row["key"] != key for row in others):
        return invalid(**{FINGERPRINT: "has already been taken"})
    made = table.add(
        project_id=project["id"],
        title=body["title"],
        key=key,
        fingerprint_sha256=print_of,
        can_push=bool(body.get("can_push", False)),
        created_at=now(),
    )
    tell_sshd(request.store)
    return Answer(201, _shown(made))


@of_project
def update(request: Request, project: Row) -> Answer:
    """Another title, or another right to push."""
    row = _row(request, project)
    if row is None:
        return missing()
    given = {name: request.body[name] for name in ("title", "can_push") if name in request.body}
    if not given:
        need = "title, can_push are missing, at least one parameter must be provided"
        return Answer(400, {"error": need})
    return Answer(200, _shown(request.store.table("deploy_keys").change(row["id"], **given)))


@of_project
def remove(request: Request, project: Row) -> Answer:
    """A project's key opens it no more."""
    row = _row(request, project)
    if row is None:
        return missing("Deploy Key")
    request.store.table("deploy_keys").remove(row["id"])
    tell_sshd(request.store)
    return Answer(204)


def fingerprint(key: str) -> str | None:
    """The sha256 of a public key as OpenSSH writes it; None when it is no public key."""
    kind, _, rest = key.partition(" ")
    try:
        blob = base64.b64decode(rest.split()[0], validate=True)
    except (binascii.Error, IndexError):
        return None
    if not blob[4:].startswith(kind.encode()):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def tell_sshd(store: Store) -> None:
    """Let sshd know every key; what each opens is asked when it comes."""
    keys = {row["key"] for row in store.table("deploy_keys").rows()}
    path = store.path / "deploy_keys"
    path.with_suffix(".new").write_text("".join(f"{key}\n" for key in sorted(keys)))
    path.with_suffix(".new").replace(path)


def _row(request: Request, project: Row) -> Row | None:
    number = int(request.found[1])
    return request.store.table("deploy_keys").find(id=number, project_id=project["id"])


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "project_id"}


ROUTES: list[Route] = [
    ("GET", f"{PROJECT}/deploy_keys", listed),
    ("POST", f"{PROJECT}/deploy_keys", create),
    ("GET", KEY, one),
    ("PUT", KEY, update),
    ("DELETE", KEY, remove),
]
