"""The project that images go to, its robot accounts, and how many images stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from pydantic import SecretStr

from operations import Commands, harbor_room, operation, refuse, tell
from operations.harbor_api import Api, Unexpected

PRIVATE = {"public": "false"}
# What a robot account looks like when it never expires and nobody has switched it off.
LASTING = {"duration": -1, "disable": False}


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
def create(project: str, robots: Sequence[Robot], keep: int | None, url: str, ca: str) -> Commands:
    """Have a private project of this name, and robot accounts with these rights and secrets.

    Of each of its repositories the last `keep` images stay; None leaves that to others.
    """
    try:
        yield from _project(Api(url, ca), project, robots, keep)
    except Unexpected as wrong:
        yield refuse(str(wrong))


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


def _project(api: Api, name: str, robots: Sequence[Robot], keep: int | None) -> Commands:
    path = f"/projects/{quote(name, safe='')}"
    api.expect([path], [robot.name for robot in robots])
    found = api.get(path, _about, or_none=True)
    if found is None:
        yield api.send("POST", "/projects", {"project_name": name, "metadata": PRIVATE})
        found = api.get(path, _about)
    number, public, policy = found
    if public:
        yield api.send("PUT", path, {"metadata": PRIVATE})
    listed = f"/robots?page_size=100&q={quote(f'Level=project,ProjectID={number}')}"
    api.expect([listed, *harbor_room.questions(policy, keep)])
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
        if made or not api.lets_in(robot.name):
            yield api.send("PATCH", where, {"secret": robot.secret.get_secret_value()})
            if not made and "push" not in robot.actions:
                tell(f"{robot.login} has another secret: the next pipeline tells the cluster")
    yield from harbor_room.keep(api, number, policy, keep)


def _about(project: Any) -> tuple[int, bool, int]:
    metadata = project["metadata"]
    policy = int(metadata.get("retention_id") or 0)
    return project["project_id"], metadata.get("public") == "true", policy


def _wanted(project: str, robot: Robot) -> dict[str, Any]:
    access = [{"resource": "repository", "action": action} for action in robot.actions]
    permissions = [{"kind": "project", "namespace": project, "access": access}]
    return {"level": "project", **LASTING, "permissions": permissions}
