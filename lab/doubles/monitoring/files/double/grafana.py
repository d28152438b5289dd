"""A stand-in of Grafana: health, one user with a password, and the way to its data sources."""

from __future__ import annotations

import base64
import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .answering import Answer, Request, serve

USER, PASSWORD = os.environ["GF_SECURITY_ADMIN_USER"], os.environ["GF_SECURITY_ADMIN_PASSWORD"]
SOURCES = {it["uid"]: it["url"] for it in json.loads(Path("/etc/grafana/sources.json").read_text())}
BOARDS = Path("/tmp/dashboards")  # noqa: S108 - where the real sidecar puts them
PROXY = "/api/datasources/proxy/uid/"
WRONG = Answer(401, {"message": "Invalid username or password", "statusCode": 401})
# After so many in so many seconds a user is not let in, whatever he says (Grafana's loginattempt).
MOST, WITHIN = 5, 300
failed: dict[str, list[float]] = {}


def answer(request: Request) -> Answer:
    """What Grafana says."""
    if request.path == "/api/health":
        return Answer(body={"database": "ok", "version": "13.2.0"})
    if request.path == "/login":
        return Answer(body=b"Grafana")
    if request.path == "/metrics":
        return Answer(body=b"grafana_build_info 1\n")
    if not let_in(request.headers.get("Authorization", "")):
        return WRONG
    if request.path == "/api/org":
        return Answer(body={"id": 1, "name": "Main Org."})
    if request.path == "/api/search":
        return Answer(body=boards(request.words.get("tag", "")))
    if request.path.startswith(PROXY):
        uid, _, path = request.path.removeprefix(PROXY).partition("/")
        return asked(uid, f"/{path}?{request.query}")
    return Answer(404, {"message": "Not found"})


def let_in(header: str) -> bool:
    """Whether somebody has the right password, and nobody has guessed too often."""
    user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    late = [at for at in failed.get(user, []) if at > time.monotonic() - WITHIN]
    if len(late) >= MOST:
        return False
    if (user, password) == (USER, PASSWORD):
        failed.pop(user, None)
        return True
    failed[user] = [*late, time.monotonic()] if user else []
    return False


def boards(tag: str) -> list[dict[str, Any]]:
    """The dashboards with a tag."""
    found = (json.loads(path.read_text()) for path in sorted(BOARDS.glob("*.json")))
    return [
        {"type": "dash-db", **{key: board[key] for key in ("uid", "title", "tags")}}
        for board in found
        if tag in board["tags"]
    ]


def asked(uid: str, path: str) -> Answer:
    """What a data source says."""
    if uid not in SOURCES:
        return Answer(404, {"message": "Data source not found"})
    try:
        url = SOURCES[uid].rstrip("/") + path
        with urllib.request.urlopen(url, timeout=10) as answered:  # noqa: S310 - configured
            return Answer(answered.status, answered.read())
    except urllib.error.HTTPError as refused:
        return Answer(refused.code, refused.read())
    except OSError as lost:
        return Answer(502, {"message": f"{lost}"})


if __name__ == "__main__":
    serve(3000, answer)
