"""The project that images go to, and its robot accounts, by Harbor's API."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from pydantic import SecretStr
from pyinfra import host, state
from pyinfra.api.command import StringCommand

from facts import MISREAD
from facts.asking import ask, expect
from facts.harbor import API, HarborApi, account, curl
from operations import Commands, operation, refuse, tell
from operations.harbor import REFUSED

PRIVATE = {"public": "false"}
# What a robot account looks like when it never expires and nobody has switched it off.
LASTING = {"duration": -1, "disable": False}
# Asked once only: what a busy Harbor is slow to make, it may have made all the same.
PATIENCE = 60
T = TypeVar("T")


class Robot(Protocol):
    """An account for a machine, as the spec has it."""

    @property
    def name(self) -> str:
        """Its short name."""

    @property
    def login(self) -> str:
        """Its whole name, with what Harbor puts before it."""

    @property
    def actions(self) -> tuple[str, ...]:
        """What it may do with images."""

    @property
    def secret(self) -> SecretStr:
        """What it logs in with."""


@operation()
def opened(project: str, robots: Sequence[Robot], url: str, ca: str) -> Commands:
    """Have a private project of this name, and robot accounts with these rights and secrets."""
    try:
        yield from _project(_Api(url, ca), project, robots)
    except Unexpected as wrong:
        yield refuse(str(wrong))


class Unexpected(Exception):
    """What Harbor answers is not what it should have answered; says what came."""


@dataclass(frozen=True)
class Account:
    """A robot account of a project, as Harbor has it."""

    id: int
    lasting: bool
    rights: frozenset[tuple[str, str, str]]  # project, kind of thing, what may be done with it

    def may(self, project: str, actions: Sequence[str]) -> bool:
        """Whether it may do exactly this with images of a project, for ever."""
        rights = {(project, "repository", action) for action in actions}
        return self.lasting and self.rights == rights

    @staticmethod
    def all_of(body: Any) -> dict[str, Account]:
        """By name, from the API's list."""
        return {
            robot["name"]: Account(
                robot["id"],
                all(robot.get(key) == value for key, value in LASTING.items()),
                frozenset(
                    (permission["namespace"], access["resource"], access["action"])
                    for permission in robot["permissions"]
                    for access in permission["access"]
                ),
            )
            for robot in body
        }


def _project(api: _Api, name: str, robots: Sequence[Robot]) -> Commands:
    path = f"/projects/{quote(name, safe='')}"
    api.expect(path, robots)
    found = api.get(path, _about, or_none=True)
    if found is None:
        yield api.send("POST", "/projects", {"project_name": name, "metadata": PRIVATE})
        found = api.get(path, _about)
    number, public = found
    if public:
        yield api.send("PUT", path, {"metadata": PRIVATE})
    listed = f"/robots?page_size=100&q={quote(f'Level=project,ProjectID={number}')}"
    accounts = api.get(listed, Account.all_of)
    for robot in robots:
        made = robot.login not in accounts
        if made:
            yield api.send("POST", "/robots", {"name": robot.name, **_wanted(name, robot)})
            accounts = api.get(listed, Account.all_of)
        account = accounts.get(robot.login)
        if account is None:
            raise Unexpected(f"Harbor at {api.url} has taken {robot.login}, and does not list it")
        where = f"/robots/{account.id}"
        if not account.may(name, robot.actions):
            body = {"id": account.id, "name": robot.login, **_wanted(name, robot)}
            yield api.send("PUT", where, body)
        # Harbor makes up a secret for a new one.
        if made or not api.lets_in(robot):
            yield api.send("PATCH", where, {"secret": robot.secret.get_secret_value()})
            if not made and "push" not in robot.actions:
                tell(f"{robot.login} has another secret: run the pipeline, which tells the cluster")


def _about(project: Any) -> tuple[int, bool]:
    return project["project_id"], project["metadata"].get("public") == "true"


def _wanted(project: str, robot: Robot) -> dict[str, Any]:
    access = [{"resource": "repository", "action": action} for action in robot.actions]
    permissions = [{"kind": "project", "namespace": project, "access": access}]
    return {"level": "project", **LASTING, "permissions": permissions}


class _Api:
    """Requests to a Harbor, as administrator."""

    def __init__(self, url: str, ca: str) -> None:
        self.url = url
        self.ca = ca

    def _question(self, path: str, login: str) -> dict[str, str]:
        return {"url": self.url, "ca": self.ca, "path": path, "login": login}

    def expect(self, path: str, robots: Sequence[Robot]) -> None:
        """This path and these logins will be asked for: ask for them at once."""
        logins = [self._question("/v2/", robot.name) for robot in robots]
        expect(host, HarborApi, [self._question(f"{API}{path}", "admin"), *logins])

    def lets_in(self, robot: Robot) -> bool:
        """Whether a robot may log in with its secret."""
        return ask(host, HarborApi, **self._question("/v2/", robot.name)).status == 200

    def get(self, path: str, read: Callable[[Any], T], or_none: bool = False) -> T:
        """What is read from the answer; None is for what may be absent. Raises Unexpected."""
        answer = ask(host, HarborApi, **self._question(f"{API}{path}", "admin"))
        if answer.status == 401:
            raise Unexpected(REFUSED.format(url=self.url))
        # Before it is installed there is nobody to answer.
        if or_none and (answer.status == 404 or not (answer.status or state.is_executing)):
            return None  # type: ignore[return-value]
        try:
            if answer.status == 200:
                return read(answer.body)
        except MISREAD:
            pass
        raise Unexpected(f"Harbor at {self.url}, asked for {path}, {answer}")

    def send(self, method: str, path: str, body: dict[str, Any]) -> StringCommand:
        """One request that must succeed; what it carries goes by standard input."""
        asked = f"{curl(self.ca, PATIENCE)} --config {account('admin')} -X {method} --data @-"
        asked += " -H 'Content-Type: application/json' -w '\n%{http_code}'"
        what = shlex.quote(f"Harbor at {self.url}, sent {method} {path},")
        return StringCommand(
            f"came=$({asked} {shlex.quote(f'{self.url}{API}{path}')}); status=${{came##*\n}}; "
            "case $status in 2??) exit 0;; "
            f"000) echo {what} 'gives no answer within {PATIENCE} s' >&2;; "
            f"""*) printf '%s answers %s: %.300s\n' {what} "$status" "${{came%\n*}}" >&2;; """
            "esac; exit 1",
            _stdin=json.dumps(body),
        )
