"""The project at GitLab: only what differs is written, and then read back.

GitLab takes some settings and keeps others all the same, without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from gitlab.v4.objects import CurrentUserRunnerManager, ProjectVariable
from pydantic import SecretStr
from pyinfra import host, logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts import asking
from facts.asking import ask
from facts.gitlab import (
    WRONG,
    Access,
    Unexpected,
    client,
    find,
    keys_of,
    loose,
    must,
    runner_of,
    sentence,
    unless_absent,
    variables_of,
)
from facts.ssh import KeyPair
from operations import Commands, files, operation, refuse, tell
from operations.gitlab_runner import configuration
from spec import Platform
from spec.secrets import SECRETS_FILE
from spec.secrets_file import keep


@dataclass(frozen=True)
class Variable:
    """What jobs on protected branches get: in their environment, or as the path of a file."""

    key: str
    value: SecretStr
    kind: Literal["env_var", "file"] = "env_var"
    masked: bool = False  # in logs

    @property
    def wanted(self) -> dict[str, Any]:
        """As GitLab's API says it; `raw`: a $ in it is a dollar."""
        return {
            "value": self.value.get_secret_value(),
            "variable_type": self.kind,
            "masked": self.masked,
            "protected": True,
            "raw": True,
        }

    def is_in(self, row: ProjectVariable) -> bool:
        """Whether GitLab has exactly this one."""
        # What somebody hid nobody can read, not even to compare it.
        hidden = {"value"} if getattr(row, "hidden", False) else set()
        return not _other({**self.wanted, **dict.fromkeys(hidden)}, row)


def asked(change: Callable[..., Commands]) -> Callable[..., Commands]:
    """An operation whose questions may go wrong: then it refuses, in one sentence."""

    @wraps(change)
    def ask(access: Access, **extra: Any) -> Commands:
        if asking.rehearsing():
            return  # GitLab is asked from here, at its turn
        try:
            yield from change(access, **extra)
        except WRONG as wrong:
            yield refuse(sentence(access, wrong))

    return ask


def write(access: Access, act: Callable[..., None], *arguments: Any) -> FunctionCommand:
    """A command that changes something at GitLab; when it goes wrong, it fails with a sentence."""

    def change(state: State, host: Host) -> bool:
        try:
            act(access, *arguments)
        except WRONG as wrong:
            reason = f"{host.print_prefix}{sentence(access, wrong)}"
            logger.error(reason)
            return False
        return True

    return FunctionCommand(change, (), {})


@operation()
@asked
def project(access: Access) -> Commands:
    """Have the project, private when it is made here; one that is there stays as it is."""
    if find(access) is None:
        yield write(access, _create)


@operation()
@asked
def deploy_key(access: Access, title: str, user: str, key: str) -> Commands:
    """Have the public half of `key` of a user of this host let in, to push as well."""
    public = ask(host, KeyPair, user=user, key=key).text
    known = keys_of(find(access), public)
    if not (known and known[0].can_push):
        yield write(access, _let_in, title, public)


@operation()
@asked
def runner(
    access: Access,
    platform: Platform,
    description: str,
) -> Commands:
    """Have a runner of this project alone, for jobs with our tag on protected branches only.

    One whose token we have is mended. Without a token the one of that description gets a new one,
    or a runner is made; the token is in secrets.env before the runner is told of it.
    """
    wanted = {
        "tag_list": [platform.docker_host.runner_tag],
        "run_untagged": False,
        "locked": True,
        "access_level": "ref_protected",
    }
    if platform.runner_token:
        found = runner_of(access, platform.runner_token)
        if _other(wanted, found):
            yield write(access, _mend_runner, found.id, wanted)
        return
    made: list[str] = []

    def make(access: Access) -> None:
        made.append(_new_token(access, description, wanted))
        keep({"runner_token": made[0]}, SECRETS_FILE)

    yield write(access, make)
    if made:  # not where only the plan is asked for
        yield from files.put._inner(files=[configuration(platform, made[0])])


@operation()
@asked
def variables(access: Access, wanted: Callable[[], Sequence[Variable]]) -> Commands:
    """Have these variables, for protected branches; others stay as they are."""
    found = variables_of(find(access))
    for variable in wanted():
        if variable.key not in found or not variable.is_in(found[variable.key]):
            yield write(access, _set, variable)


@operation()
@asked
def permissions(access: Access, wanted: Callable[[], Sequence[Variable]]) -> Commands:
    """Say who may do more at GitLab than Maintainers; that is a person's choice to change."""
    for warning in loose(access, "main", [variable.key for variable in wanted()]):
        logger.warning(f"{host.print_prefix}{access.url}/{access.path}: {warning}")
    yield from ()


@operation()
def instructions(steps: Sequence[str]) -> Commands:
    """Say what only a person can do here; changes nothing."""
    for line in steps:
        tell(line)
    yield from ()


def _create(access: Access) -> None:
    group, _, name = access.path.rpartition("/")
    namespace = unless_absent(lambda: client(access).namespaces.get(group))
    if namespace is None:
        raise Unexpected(f"there is no group {group} that gitlab_token may see: make it first")
    wanted = {"name": name, "path": name, "namespace_id": namespace.id, "visibility": "private"}
    client(access).projects.create(wanted)
    must(access)


def _let_in(access: Access, title: str, public: str) -> None:
    project = must(access)
    for row in keys_of(project, public):
        row.can_push = True
        row.save()
        break
    else:
        project.keys.create({"title": title, "key": public, "can_push": True})
    if not any(row.can_push for row in keys_of(project, public)):
        raise Unexpected(f"the deploy key {title} may not push")


def _new_token(access: Access, description: str, wanted: dict[str, Any]) -> str:
    """Also after a run that was cut off between making the runner and keeping its token."""
    server, project = client(access), must(access)
    for row in project.runners.list(iterator=True, type="project_type"):
        if row.description == description:
            _mend_runner(access, row.id, wanted)
            anew: Any = server.http_post(f"/runners/{row.id}/reset_authentication_token")
            return str(anew["token"])
    made = CurrentUserRunnerManager(server).create(
        {
            "runner_type": "project_type",
            "project_id": project.id,
            "description": description,
            **wanted,
        }
    )
    return str(made.token)


def _mend_runner(access: Access, number: int, wanted: dict[str, Any]) -> None:
    runners = client(access).runners
    runners.update(number, wanted)
    kept = runners.get(number)
    if wrong := _other(wanted, kept):
        raise Unexpected(f"the runner {kept.description} keeps another {', '.join(wrong)}")


def _set(access: Access, variable: Variable) -> None:
    project = must(access)
    if variable.key in variables_of(project):
        only = {"filter": {"environment_scope": "*"}}
        project.variables.update(variable.key, {**variable.wanted, **only})
    else:
        project.variables.create({"key": variable.key, "environment_scope": "*", **variable.wanted})
    kept = variables_of(project).get(variable.key)
    if kept is None or not variable.is_in(kept):
        raise Unexpected(f"the variable {variable.key} keeps another value, type or protection")


def _other(wanted: dict[str, Any], row: Any) -> list[str]:
    return [name for name, value in wanted.items() if getattr(row, name, None) != value]
