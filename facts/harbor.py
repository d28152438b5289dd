"""Harbor: what is installed, whether it is well, and what its API says of a project."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyinfra.api.facts import FactBase

HOME = "/opt/harbor"
ACCOUNTS = "/etc/harbor"


def curl(ca: str, within: int = 10) -> str:
    """The words that ask a registry something; `ca` is whom to trust, "" over plain HTTP.

    An answer that takes longer than `within` seconds is none.
    """
    trusting = f" --cacert {shlex.quote(ca)}" if ca else ""
    return f"curl -s --max-time {within}{trusting}"


def account(name: str) -> str:
    """Where curl finds a login, which would be seen by others in its command line."""
    return f"{ACCOUNTS}/{name}.curl"


def is_well(url: str, ca: str) -> str:
    """Shell that succeeds when every component is healthy; /health says 200 in any case."""
    return (
        f"said=$({curl(ca)} {url}/api/v2.0/health); "
        """case $said in *'"status":"unhealthy"'*) false;; *'"status":"healthy"'*) ;; """
        "*) false;; esac"
    )


@dataclass(frozen=True)
class HarborState:
    """The Harbor on a machine; the default is none."""

    version: str = ""  # the database may have gone forward to it, whether or not it got to its end
    config: str = ""  # sum of the configuration that it was installed with, to its end
    intact: bool = False  # what the installation made of it is still there
    well: bool = False  # every component says that it is healthy


class Harbor(FactBase[HarborState]):
    """Read what the last installation left behind, and ask Harbor how it is."""

    @staticmethod
    def default() -> HarborState:
        return HarborState()

    def command(self, url: str, ca: str) -> str:
        return f"""
cd {HOME} 2>/dev/null && {{ [ -f .installed ] || [ -f docker-compose.yml ]; }} || exit 0
echo "installed $(head -n 1 .installed 2>/dev/null || cat .version)"
tail -n +2 .installed 2>/dev/null | sha256sum --check --status 2>/dev/null && echo intact
if {is_well(url, ca)}; then echo well; fi"""

    def process(self, output: Iterable[str]) -> HarborState:
        lines = list(output)
        _, version, config = f"{lines[0]}  ".split(" ", 2)
        return HarborState(version, config.strip(), "intact" in lines, "well" in lines)


@dataclass(frozen=True)
class Answer:
    """What the API answered: a status (0 for none), and JSON or None."""

    status: int = 0
    body: Any = None


@dataclass(frozen=True)
class ProjectState:
    """A project as an administrator sees it; the default is one that nobody could ask about."""

    project: Answer = Answer()
    robots: Answer = Answer()
    logins: dict[str, int] = field(default_factory=dict)  # by robot: what /v2/ answers it

    @property
    def public(self) -> bool:
        """Whether anybody may pull from it."""
        return bool(self.project.body["metadata"].get("public") == "true")

    def robot(self, login: str) -> dict[str, Any] | None:
        """A robot account of the project by its full name."""
        found: list[dict[str, Any]] = self.robots.body or []
        return next((robot for robot in found if robot["name"] == login), None)


class Project(FactBase[ProjectState]):
    """Ask the API, as administrator, about a project and its robots; try each robot's login."""

    @staticmethod
    def default() -> ProjectState:
        return ProjectState()

    def command(self, url: str, ca: str, project: str, robots: Sequence[str]) -> str:
        api = f"{url}/api/v2.0"
        robots_of = f'"{api}/robots?page_size=100&q=Level=project,ProjectID=$id"'
        logins = "".join(
            f"echo login {name} $({curl(ca)} -o /dev/null -w '%{{http_code}}'"
            f" --config {account(name)} {url}/v2/)\n"
            for name in robots
        )
        # A wrong password is asked for once: Harbor makes everybody wait after it.
        return f"""
[ -f {account("admin")} ] && command -v curl >/dev/null || exit 0
ask() {{
  {curl(ca)} --config {account("admin")} -w '\\n%{{http_code}}\\n' "$2" | awk -v what="$1" '
    {{line[NR] = $0}} END {{printf "%s %s ", what, line[NR]
    for (n = 1; n < NR; n++) printf "%s", line[n]; print ""}}'
}}
said=$(ask project {api}/projects/{project}); printf '%s\\n' "$said"
id=$(printf '%s\\n' "$said" | sed -n 's/.*"project_id":\\([0-9]*\\).*/\\1/p')
[ -n "$id" ] || exit 0
ask robots {robots_of}
{logins}:"""

    def process(self, output: Iterable[str]) -> ProjectState:
        answers = {"project": Answer(), "robots": Answer()}
        logins = {}
        for line in output:
            what, status, *rest = line.split(" ", 2)
            if what == "login":
                logins[status] = int(rest[0] if rest else 0)
            elif what in answers:
                answers[what] = Answer(int(status or 0), _json(rest[0] if rest else ""))
        return ProjectState(answers["project"], answers["robots"], logins)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # a gateway's page, or nothing
        return None
