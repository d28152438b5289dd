"""Who asks: the admin, a robot, or nobody."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass

from . import records
from .passwords import matches
from .web import Refusal, Request

FROZEN = 1.5  # seconds that a failed login takes, and during which its name cannot log in
PREFIX = "robot$"

_failed: dict[str, float] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Account:
    """Somebody who has proved who he is."""

    name: str
    project: str = ""  # of a robot; the admin has none
    actions: frozenset[str] = frozenset()  # on the project's repositories

    @property
    def is_admin(self) -> bool:
        """Whether it may do everything."""
        return not self.project


def account(request: Request) -> Account | None:
    """Who sends it, by basic authentication; None without, and None when that is wrong."""
    kind, _, word = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(word).decode().partition(":")
    except ValueError:
        return None
    return _robot(name, password) or _user(name, password)


def admin(request: Request) -> Account:
    """The admin; a robot is forbidden, anybody else has to log in."""
    known = account(request)
    if known is None:
        raise Refusal(401, "unauthorized")
    if not known.is_admin:
        raise Refusal(403, "forbidden")
    return known


def _robot(name: str, secret: str) -> Account | None:
    """A robot that is not disabled and not expired."""
    project, plus, short = name.removeprefix(PREFIX).partition("+")
    if not name.startswith(PREFIX) or not plus:
        return None
    rows = records.query(
        "SELECT robots.secret, robots.access FROM robots"
        " JOIN project ON project.id = robots.project"
        " WHERE project.name = ? AND robots.name = ? AND NOT disabled"
        " AND (expires < 0 OR expires > strftime('%s'))",
        project,
        short,
    )
    if not rows or not matches(secret, rows[0][0]):
        return None
    allowed = {
        entry["action"] for entry in json.loads(rows[0][1]) if entry["resource"] == "repository"
    }
    return Account(name, project, frozenset(allowed))


def _user(name: str, password: str) -> Account | None:
    with _lock:
        if time.monotonic() < _failed.get(name, 0):
            return None
    rows = records.query("SELECT password FROM users WHERE name = ?", name)
    if rows and rows[0][0] and matches(password, rows[0][0]):
        return Account(name)
    with _lock:
        _failed[name] = time.monotonic() + FROZEN
    time.sleep(FROZEN)
    return None
