"""Git over HTTP, for a job that clones its project with its own token."""

from __future__ import annotations

import base64
import binascii

from . import repositories
from .access import UNKNOWN
from .http import Answer, Request, Route
from .records import Row

DENIED = Answer(
    401,
    b"HTTP Basic: Access denied. The provided password or token is incorrect or your account has"
    b" 2FA enabled and you must use a personal access token instead of a password.\n",
    {"WWW-Authenticate": 'Basic realm="GitLab"', "Content-Type": "text/plain"},
)
READ_ONLY = Answer(403, b"You are not allowed to upload code.\n", {"Content-Type": "text/plain"})


def serve(request: Request) -> Answer:
    """Pass a request on to git, for a job that runs, about its own project."""
    token, (path, rest) = _token(request), request.found
    project_id = _project_of_job(request, token)
    if project_id is None:
        return DENIED
    project = request.store.table("projects").find(id=project_id)
    if project is None or project["path"] != path:
        return Answer(404, UNKNOWN.encode(), {"Content-Type": "text/plain"})
    if "git-receive-pack" in request.target:
        return READ_ONLY
    return _backend(request, project, rest)


def _token(request: Request) -> str:
    kind, _, value = (request.header("Authorization") or "").partition(" ")
    try:
        user, _, token = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return token if (kind, user) == ("Basic", "gitlab-ci-token") else ""


def _project_of_job(request: Request, token: str) -> int | None:
    for job in request.store.jobs():
        if job.state == "running" and job.payload["token"] == token:
            return int(job.payload["job_info"]["project_id"])
    return None


def _backend(request: Request, project: Row, rest: str) -> Answer:
    method = "POST" if request.raw else "GET"
    asked = {
        "GIT_PROJECT_ROOT": str(repositories.path(request.store, project)),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{rest}",
        "QUERY_STRING": request.target.partition("?")[2],
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": request.header("Content-Type") or "",
        "CONTENT_LENGTH": str(len(request.raw)),
        "HTTP_CONTENT_ENCODING": request.header("Content-Encoding") or "",
        "GIT_PROTOCOL": request.header("Git-Protocol") or "",
    }
    output = repositories.git(request.store, "http-backend", stdin=request.raw, extra=asked)
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
    status = int(headers.pop("Status", "200").split()[0])
    return Answer(status, body, headers)


ROUTES: list[Route] = [
    (method, r"/((?!api/)[\w./-]+)\.git/(info/refs|git-upload-pack|git-receive-pack)", serve)
    for method in ("GET", "POST")
]
