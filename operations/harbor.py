"""Harbor: its installer, its way back, and the project that images go to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import SecretStr
from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.docker import Compose
from facts.harbor import HOME, Harbor, Project, ProjectState, account, curl, is_well
from operations import Commands, operation, refuse, until
from operations.downloads import Signed, fetch

INSTALL = "/usr/local/sbin/harbor-install"
CACHE = "/var/cache/harbor"
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
def installed(
    version: str, releases: str, check: str | Signed, config: str, data: str, url: str, ca: str
) -> Commands:
    """Have this version installed with the configuration in /etc/harbor, whose sum is `config`.

    Its data stays. An upgrade keeps a copy of the database and the configuration (`back`); a
    downgrade is refused, because a database only ever goes forward.
    """
    state = ask(host, Harbor, url=url, ca=ca)
    if (state.version, state.config, state.intact) == (version, config, True):
        return
    if _ordered(state.version) > _ordered(version):
        yield refuse(
            f"Harbor {state.version} is installed, and harbor_version is the older {version}:"
            " its database cannot go back by itself; `make harbor-back` undoes the last upgrade"
        )
        return
    name = f"harbor-offline-installer-v{version}.tgz"
    bundle = f"{CACHE}/{name}"
    if state.version != version:
        source = f"{releases}/v{version}/{name}"
        yield StringCommand(
            f'[ "$(cat {HOME}/.version 2>/dev/null)" = {version} ] || '
            f"( {fetch('the Harbor installer', source, bundle, check)} )"
        )
    words = [INSTALL, version, data, url, config, bundle, *([ca] if ca else [])]
    yield StringCommand(shlex.join(words))


@operation()
def running(url: str, ca: str, within: int = 180) -> Commands:
    """Have every container run as installed and every component healthy, within so many seconds.

    One that is still starting is waited for; anything else is stopped and started in its order.
    """
    state = ask(host, Harbor, url=url, ca=ca)
    complete = ask(host, Compose, project=HOME).complete
    if state.well and complete:
        return
    restart = "systemctl restart harbor-compose.service"
    well = f"{{ {is_well(url, ca)}; }}"
    if complete:
        restart = f"{until(well, 60)} && exit; {restart}"
    yield StringCommand(
        f"{restart}; {until(well, within)} || "
        f'{{ echo "Harbor is not healthy after {within} s: ${{said:-no answer from {url}}};'
        ' see docker ps -a, /var/log/harbor" >&2; exit 1; }'
    )


@operation()
def project(project: str, robots: Sequence[Robot], url: str, ca: str) -> Commands:
    """Have a private project of this name, and robot accounts with these rights and secrets."""
    names = [robot.name for robot in robots]
    state = ask(host, Project, url=url, ca=ca, project=project, robots=names)
    status = state.project.status
    if status == 401:
        yield refuse(
            f"Harbor at {url} refuses harbor_admin_password of secrets.env: it counts at the first"
            " installation only; put the password that Harbor has there"
        )
        return
    if status not in (0, 200, 404):
        yield refuse(f"Harbor at {url} answers {status} when asked for the project {project}")
        return
    if state.robots.status not in (0, 200):
        yield refuse(f"Harbor at {url} answers {state.robots.status} when asked for robots")
        return
    api = _Api(url, ca)
    if status != 200:
        private = {"project_name": project, "metadata": {"public": "false"}}
        yield api.send("POST", "/projects", private)
    elif state.public:
        yield api.send("PUT", f"/projects/{project}", {"metadata": {"public": "false"}})
    for robot in robots:
        yield from _robot(api, project, robot, state)


def _robot(api: _Api, project: str, robot: Robot, state: ProjectState) -> Commands:
    found = state.robot(robot.login)
    access = [{"resource": "repository", "action": action} for action in robot.actions]
    wanted: dict[str, Any] = {
        "level": "project",
        **LASTING,
        "permissions": [{"kind": "project", "namespace": project, "access": access}],
    }
    secret = {"secret": robot.secret.get_secret_value()}
    if found is None:
        yield api.create_robot({"name": robot.name, **wanted}, secret)
        return
    if not _has(found, wanted):
        body = {"id": found["id"], "name": robot.login, **wanted}
        yield api.send("PUT", f"/robots/{found['id']}", body)
    if state.logins.get(robot.name) != 200:
        yield api.send("PATCH", f"/robots/{found['id']}", secret)


def _has(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    def rights(robot: dict[str, Any]) -> set[tuple[str, str, str]]:
        return {
            (permission["namespace"], access["resource"], access["action"])
            for permission in robot["permissions"]
            for access in permission["access"]
        }

    same = all(found.get(key) == value for key, value in LASTING.items())
    return same and rights(found) == rights(wanted)


class _Api:
    """Requests to Harbor as administrator; what they carry goes by standard input."""

    def __init__(self, url: str, ca: str) -> None:
        self.url = url
        # Asked once only: what a busy Harbor is slow to make, it may have made all the same.
        asks = curl(ca, within=60)
        self.curl = f"{asks} --config {account('admin')} -H 'Content-Type: application/json'"

    def send(self, method: str, path: str, body: dict[str, Any]) -> StringCommand:
        """One request that must succeed."""
        return StringCommand(self._asked(method, path), _stdin=json.dumps(body))

    def create_robot(self, body: dict[str, Any], secret: dict[str, str]) -> StringCommand:
        """A robot, and the secret that was decided for it in place of the one Harbor makes up."""
        number = _came('"id":', "[0-9]*")
        created = self._asked("POST", "/robots", data=shlex.quote(json.dumps(body)))
        chosen = self._asked("PATCH", "/robots/$id")
        return StringCommand(
            f"{created}; id={number}; {chosen}",
            _stdin=json.dumps(secret),
        )

    def _asked(self, method: str, path: str, data: str = "@-") -> str:
        what = f"{method} {path}"
        message = _came('"message":"', '[^"]*')
        return (
            f"came=$({self.curl} -w '\\n%{{http_code}}' -X {method} --data {data}"
            f' "{self.url}/api/v2.0{path}"); status=${{came##*\n}}; '
            "case $status in 2??) ;; "
            f'*) echo "Harbor at {self.url} answers $status to {what}:'
            f' {message}" >&2; exit 1;; esac'
        )


def _came(before: str, value: str) -> str:
    return f"$(printf %s \"$came\" | sed -n 's/.*{before}\\({value}\\).*/\\1/p')"


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.lstrip("v").split(".") if part.isdecimal())


@operation()
def back(data: str) -> Commands:
    """Bring back the Harbor before the last upgrade, with its database and configuration."""
    yield StringCommand(shlex.join([INSTALL, "back", data]))
