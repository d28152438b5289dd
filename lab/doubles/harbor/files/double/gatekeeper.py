"""Who may do what with an image: tokens for clients, and yes or no to each of their requests.

nginx asks here before it lets a request through to the registry. A refusal travels back in a
header, and nginx brings it to `told`, so that a wrong password is weighed once only.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from . import records, storage, tokens
from .accounts import Account, account
from .projects import find
from .repositories import mark
from .web import JSON_UTF8, Answer, Refusal, Request

DISTRIBUTION = {"Docker-Distribution-Api-Version": "registry/2.0"}
REPOSITORY = re.compile(r"/v2/(.+?)/(manifests|blobs|tags|referrers)/(.*)")


@dataclass(frozen=True)
class Wish:
    """An action on a repository; neither for the endpoint itself."""

    repository: str = ""
    action: str = ""

    @property
    def actions(self) -> list[str]:
        """What a token has to allow for it."""
        return ["pull", "push"] if self.action == "push" else [self.action]


def authorize(request: Request) -> Answer:
    """nginx's question: 200 with the registry's token, or 401 with the refusal to tell."""
    original = replace(
        request,
        method=request.headers["X-Original-Method"],
        target=request.headers["X-Original-Uri"],
    )
    try:
        token = _admitted(original)
    except (Refusal, records.Unavailable) as error:
        # The real one knows nobody while its database is off, and says so with 401.
        refusal = error if isinstance(error, Refusal) else _refusal(original, Wish())
        words = {
            "status": refusal.status,
            "message": refusal.message,
            "headers": refusal.headers,
        }
        packed = base64.b64encode(json.dumps(words).encode()).decode()
        return Answer(401, headers={"X-Refusal": packed})
    return Answer(headers={"X-Registry-Token": f"Bearer {token}"})


def told(request: Request, _path: str) -> Answer:
    """The refusal that `authorize` found, in the client's ears."""
    words = json.loads(base64.b64decode(request.headers["X-Refusal"]))
    raise Refusal(words["status"], words["message"], words["headers"])


def catalog(request: Request) -> Answer:
    """GET /v2/_catalog: the admin's."""
    known = account(request)
    if known is None or not known.is_admin:
        raise _refusal(request, Wish(), "unauthorized to list catalog")
    return Answer(body={"repositories": storage.repositories()}, content_type=JSON_UTF8)


def token(request: Request) -> Answer:
    """GET /service/token: always one; it allows what the asker may do of what he asks for."""
    known = account(request)
    access = []
    for scope in " ".join(request.query.get("scope", [])).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        allowed = [action for action in actions.split(",") if _may(known, name, action)]
        access.append({"type": kind, "name": name, "actions": allowed})
    shown = {
        "token": tokens.made(known.name if known else "", access),
        "access_token": "",
        "expires_in": tokens.LASTS,
        "issued_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return Answer(body=shown, content_type=JSON_UTF8)


def _admitted(request: Request) -> str:
    """The token that the registry shall see; what is not allowed is refused."""
    wish = _wish(request)
    kind, _, word = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        raise _challenge(request, wish)
    if kind.lower() == "bearer":
        claims = tokens.claims(word)
        if claims is None or not _covers(claims, wish):
            raise _refusal(request, wish)
        passed = word
    else:
        known = account(request)
        if known is None:
            raise _refusal(request, wish)
        project = wish.repository.partition("/")[0]
        if wish.action and find(project) is None:
            raise _refusal(request, wish, f"project {project} not found", challenge="")
        if wish.action and not _may(known, wish.repository, wish.action):
            raise _refusal(request, wish)
        entry = {"type": "repository", "name": wish.repository, "actions": wish.actions}
        passed = tokens.made(known.name, [entry] if wish.action else [])
    _must_exist(request)
    return passed


def _wish(request: Request) -> Wish:
    match = REPOSITORY.fullmatch(request.path)
    if not match:
        return Wish()
    actions = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}
    return Wish(match[1], actions.get(request.method, "push"))


def _may(known: Account | None, repository: str, action: str) -> bool:
    project = find(repository.partition("/")[0])
    if project is None:
        return False
    if known and (known.is_admin or (known.project == project.name and action in known.actions)):
        return action in ("pull", "push", "delete", "*")
    return project.is_public and action == "pull"


def _covers(claims: dict[str, Any], wish: Wish) -> bool:
    """Whether a token allows it; the endpoint itself is for everybody who has a name."""
    if not wish.action:
        return bool(claims.get("sub"))
    return any(
        entry["name"] == wish.repository and wish.action in entry["actions"]
        for entry in claims["access"]
    )


def _must_exist(request: Request) -> None:
    """A manifest that is not there: Harbor says so before the registry is asked."""
    match = REPOSITORY.fullmatch(request.path)
    if not match or match[2] != "manifests" or request.method not in ("GET", "HEAD"):
        return
    name, reference = match[1], match[3]
    if not storage.artifacts(name):
        raise Refusal(404, f"repository {name} not found")
    if storage.resolved(name, reference) is None:
        raise Refusal(404, f"artifact {name}{mark(reference)}{reference} not found")


def _refusal(
    request: Request, wish: Wish, message: str = "", challenge: str = 'Basic realm="harbor"'
) -> Refusal:
    """401, with the message twice as Harbor's wrapped errors have it."""
    if not message and wish.action:
        message = f"unauthorized to access repository: {wish.repository}, action: {wish.action}"
    words = message or "unauthorized"
    if not request.headers.get("Authorization"):
        challenge = _realm(request, wish)
    return Refusal(401, f"{words}: {words}", {**DISTRIBUTION, "Www-Authenticate": challenge})


def _challenge(request: Request, wish: Wish) -> Refusal:
    if wish.action != "pull" or "/manifests/" not in request.path:
        return _refusal(request, wish)
    words = "authorize header needed to send HEAD to repository"
    return _refusal(request, wish, words)


def _realm(request: Request, wish: Wish) -> str:
    """Where to get a token: under the name that the client used for us."""
    scheme = request.headers.get("X-Forwarded-Proto", "http")
    words = f'Bearer realm="{scheme}://{request.headers.get("Host")}/service/token"'
    words += f',service="{tokens.SERVICE}"'
    if wish.action:
        words += f',scope="repository:{wish.repository}:{",".join(wish.actions)}"'
    return words
