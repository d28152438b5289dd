"""The project at GitLab, asked from here by its API; no machine is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from gitlab import Gitlab
from gitlab.const import AccessLevel
from gitlab.exceptions import (
    GitlabAuthenticationError,
    GitlabError,
    GitlabGetError,
    GitlabHttpError,
)
from gitlab.v4.objects import Project, ProjectKey, ProjectVariable, Runner
from pydantic import SecretStr
from requests import RequestException

WITHIN = 30  # seconds for one answer
T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """A project at a GitLab, "group/name", and a token of a Maintainer's, or its own."""

    url: str
    path: str
    token: SecretStr


class Unexpected(Exception):
    """What GitLab has is not what it should have; says what."""


WRONG = (GitlabError, RequestException, Unexpected)


def client(access: Access) -> Gitlab:
    """Who asks."""
    return Gitlab(access.url, private_token=access.token.get_secret_value(), timeout=WITHIN)


def find(access: Access) -> Project | None:
    """The project, or None where GitLab shows none to this token."""
    return unless_absent(lambda: client(access).projects.get(access.path))


def must(access: Access) -> Project:
    """The project, which is there; raises Unexpected."""
    found = find(access)
    if found is None:
        raise Unexpected(f"there is no project {access.path} that gitlab_token may see")
    return found


def keys_of(project: Project | None, public: str) -> list[ProjectKey]:
    """The deploy keys of a project that are this public key."""
    rows = project.keys.list(iterator=True) if project else ()
    return [row for row in rows if row.key.split()[:2] == public.split()[:2]]


def variables_of(project: Project | None) -> dict[str, ProjectVariable]:
    """The variables of a project that count in every environment, by name."""
    rows = project.variables.list(iterator=True) if project else ()
    return {row.key: row for row in rows if row.environment_scope == "*"}


def runner_of(access: Access, token: str) -> Runner:
    """The runner that a token belongs to; raises Unexpected when it was deleted."""
    server = client(access)
    try:
        known: Any = server.http_post("/runners/verify", post_data={"token": token})
    except GitlabHttpError as refused:
        if refused.response_code != 403:
            raise
        raise Unexpected(
            "it does not know runner_token: was the runner deleted? Take the token out of"
            " secrets.env, and run again, which makes another one"
        ) from None
    return server.runners.get(known["id"])


def token_ends(access: Access) -> str | None:
    """The day on which the token that asks ends, as 2027-01-31; None for one without an end."""
    known: Any = client(access).personal_access_tokens.get("self")
    ends: str | None = known.expires_at
    return ends


def has_branch(access: Access, branch: str) -> bool:
    """Whether the project is there, and has a branch of that name."""
    found = find(access)
    return bool(found and unless_absent(lambda: found.branches.get(branch)))


def files_of(access: Access, branch: str) -> list[str]:
    """What is on top of a branch: names of files and folders."""
    return [str(row["name"]) for row in must(access).repository_tree(ref=branch, iterator=True)]


def untaken(access: Access, job: Any) -> str:
    """Why no runner of the project takes a job, for a person; "" where one may."""
    project, server = must(access), client(access)
    # Its own, and of everybody's, which may be hundreds, those with the job's tags.
    named = {"tag_list": ",".join(job.tag_list)} if job.tag_list else {}
    rows = [*project.runners.list(iterator=True, type="project_type")]
    rows += project.runners.list(iterator=True, **named)
    runners = [server.runners.get(number) for number in dict.fromkeys(row.id for row in rows)]
    wrong = [reason for runner in runners if (reason := _unfit(project, runner, job))]
    if len(wrong) < len(runners):
        return ""
    return "; ".join(wrong) or "the project has no runner"


def _unfit(project: Project, runner: Any, job: Any) -> str:
    """Why this one does not take it."""
    called = f"the runner {runner.description or runner.id}"
    if runner.paused:
        return f"{called} is paused (Settings > CI/CD > Runners: resume it)"
    if lacks := sorted({*job.tag_list} - {*runner.tag_list}):
        has = ", ".join(runner.tag_list) or "none"
        return f"{called} lacks the tag {', '.join(lacks)} that the job asks for (it has: {has})"
    if not (job.tag_list or runner.run_untagged):
        return f"{called} takes no job without a tag, and the job has none"
    if runner.access_level == "ref_protected" and not project.branches.get(job.ref).protected:
        return (
            f"{called} takes jobs of protected branches only, and {job.ref} is not protected"
            " (Settings > Repository > Protected branches)"
        )
    if runner.status != "online":
        return f"{called} is {runner.status.replace('_', ' ')} (does gitlab-runner.service run?)"
    return ""


def loose(access: Access, branch: str, keys: Collection[str]) -> list[str]:
    """What lets more people than Maintainers do what the pipeline may, a sentence for each.

    The runner takes jobs of whatever is protected, so each rule counts, not only that of `branch`.
    `keys` are names of variables that count in every environment.
    """
    project = find(access)
    if project is None:
        return []
    found = []
    if project.visibility == "public":
        found.append("the project is public: anybody reads its jobs' logs")
    branches = project.protectedbranches.list(get_all=True)
    covered = any(fnmatchcase(branch, rule.name) for rule in branches)
    # GitLab protects the first branch when it comes.
    if not covered and has_branch(access, branch):
        found.append(
            f"{branch} is not protected: whoever may push rewrites it, and its jobs get neither the"
            " runner nor protected variables"
        )
    for rule in branches:
        for what, levels in (
            ("push to", rule.push_access_levels),
            ("merge into", rule.merge_access_levels),
        ):
            if _lets_developers(levels):
                found.append(f"Developers may {what} the protected branch {rule.name}")
        if getattr(rule, "allow_force_push", False):
            found.append(f"the protected branch {rule.name} takes force pushes")
    for tags in project.protectedtags.list(get_all=True):
        if _lets_developers(tags.create_access_levels):
            found.append(f"Developers may make the protected tag {tags.name}")
    for row in project.variables.list(iterator=True):
        if row.key in keys and row.environment_scope != "*":
            only = f"the variable {row.key} of the environment {row.environment_scope}"
            found.append(f"{only} stands before ours{'' if row.protected else ', unprotected'}")
    return found


def _lets_developers(levels: Sequence[dict[str, Any]]) -> bool:
    """Whether a whole role below Maintainer is let in; people and groups by name are meant."""
    return any(
        level["access_level"] == AccessLevel.DEVELOPER
        and not (level.get("user_id") or level.get("group_id") or level.get("deploy_key_id"))
        for level in levels
    )


def unless_absent(get: Callable[[], T]) -> T | None:
    """What is got, or None where GitLab says 404."""
    try:
        return get()
    except GitlabGetError as refused:
        if refused.response_code == 404:
            return None
        raise


def sentence(access: Access, wrong: Exception) -> str:
    """For a person: what GitLab said, and what to do."""
    at = f"GitLab at {access.url}"
    if isinstance(wrong, Unexpected):
        return f"{at}: {wrong}"
    if isinstance(wrong, GitlabAuthenticationError):
        return (
            f"{at} refuses gitlab_token: it has ended, or was revoked. Make one with the scope api"
            " (Access tokens, in your profile or in the project's settings), and put it into"
            " secrets.env"
        )
    if isinstance(wrong, GitlabError) and wrong.response_code == 403:
        return (
            f"{at} does not let the owner of gitlab_token do this: the token needs the scope api,"
            f" and its owner the role Maintainer in {access.path}; one of the project's own cannot"
            " make the project"
        )
    if isinstance(wrong, GitlabError):
        return f"{at} says {wrong.response_code}: {wrong.error_message}"
    return f"{at} does not answer ({type(wrong).__name__}): can this machine reach it?"
