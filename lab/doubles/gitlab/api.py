"""What every request of a user has in common: who asks, for which project, words of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from .http import Answer, Request
from .records import Row

Act = Callable[[Request], Answer]
UNAUTHORIZED = Answer(401, {"message": "401 Unauthorized"})
PROJECT = r"/api/v4/projects/([^/]+)"
MOST = 100  # rows on a page


def missing(what: str = "") -> Answer:
    """404, with what is not there where GitLab says it."""
    return Answer(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def refused(reason: str) -> Answer:
    """400, with one reason."""
    return Answer(400, {"message": f"400 Bad request - {reason}"})


def invalid(**fields: str) -> Answer:
    """400, with what is wrong with each field."""
    return Answer(400, {"message": {name: [reason] for name, reason in fields.items()}})


def lacks(body: Row, *names: str) -> Answer | None:
    """400, when parameters are not there that have to be."""
    left = [f"{name} is missing" for name in names if body.get(name) is None]
    return Answer(400, {"error": ", ".join(left)}) if left else None


def signed_in(act: Act) -> Act:
    """Only for the user, who shows a personal access token, or for a project's own token."""

    @wraps(act)
    def checked(request: Request) -> Answer:
        token = request.header("PRIVATE-TOKEN")
        known = request.store.admits(token) or request.store.only_project(token)
        return act(request) if known else UNAUTHORIZED

    return checked


def of_project(act: Callable[[Request, Row], Answer]) -> Act:
    """Only for the user, on a project that is there, by number or by path."""

    @signed_in
    @wraps(act)
    def checked(request: Request) -> Answer:
        project = project_of(request)
        only = request.store.only_project(request.header("PRIVATE-TOKEN"))
        if project is None or only not in (None, project["path"]):
            return missing("Project")
        return act(request, project)

    return checked


def project_of(request: Request) -> Row | None:
    """The project that the request is about."""
    projects, named = request.store.table("projects"), unquote(request.found[0])
    if named.isdecimal():
        return projects.find(id=int(named))
    return next((row for row in projects.rows() if row["path"].lower() == named.lower()), None)


def page(request: Request, rows: Sequence[Any]) -> Answer:
    """One page of a list, and in its headers where the others are."""
    size = min(_number(request, "per_page", 20), MOST)
    here, pages = _number(request, "page", 1), max(1, -(-len(rows) // size))
    headers = {
        "X-Page": str(here),
        "X-Per-Page": str(size),
        "X-Total": str(len(rows)),
        "X-Total-Pages": str(pages),
        "X-Prev-Page": str(here - 1) if here > 1 else "",
        "X-Next-Page": str(here + 1) if here < pages else "",
    }
    links = {"first": 1, "last": pages}
    links |= {"next": here + 1} if here < pages else {}
    headers["Link"] = ", ".join(
        f'<{_at(request, subject)}>; rel="{rel}"' for rel, subject in links.items()
    )
    return Answer(200, list(rows[(here - 1) * size : here * size]), headers)


def _number(request: Request, name: str, usual: int) -> int:
    given = request.query.get(name, "")
    return max(1, int(given)) if given.isdecimal() else usual


def _at(request: Request, number: int) -> str:
    whole, wanted = urlsplit(request.url), urlencode({**request.query, "page": number})
    return f"{whole.scheme}://{whole.netloc}{urlsplit(request.target).path}?{wanted}"
