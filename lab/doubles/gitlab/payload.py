"""What a runner is told of a pipeline's job, when it takes it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from .branches import is_protected
from .jobs import Job, Payload, alone
from .records import Row
from .store import USER, Store

TIMEOUT = 3600  # seconds, of a job that says nothing of it
DEPTH = 20


def of(store: Store, job: Job, pipeline: Row, runner: Row, url: str) -> Payload:
    """The job with its sources, its variables, and nobody else's."""
    project = store.table("projects").find(id=pipeline["project_id"])
    assert project is not None
    plan = job.plan
    told = alone(job.id, plan["name"], plan["script"], [])
    wanted = plan["timeout"] or TIMEOUT
    timeout = min(wanted, runner["maximum_timeout"] or wanted)
    address = _clone(project, url, told)
    own = {**predefined(project, pipeline, url), **_of_job(job, project, url)}
    secret = {"CI_JOB_TOKEN": told["token"], "CI_REPOSITORY_URL": address}
    given = given_by_project(store, project, pipeline["ref"])
    yaml = _without(plan["variables"], given)
    secrets = [_secret(key, value) for key, value in secret.items()]
    told["variables"] = [*_public(own), *secrets, *_public(yaml), *given]
    about = {"project_id": project["id"], "project_name": project["name"]}
    told["job_info"] |= {"stage": plan["stage"], **about}
    told["git_info"] = _sources(pipeline, address, yaml)
    told["runner_info"]["timeout"] = timeout
    told["steps"] = list(_steps(plan, timeout))
    return told


def predefined(project: Row, pipeline: Row, url: str) -> dict[str, str]:
    """What every job of a pipeline knows, and its rules too."""
    server, page = urlsplit(url), f"{url}/{project['path']}"
    space, _, name = project["path"].rpartition("/")
    protected = is_protected(project, pipeline["ref"])
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{url}/api/v4",
        "CI_COMMIT_BEFORE_SHA": pipeline["before_sha"],
        "CI_COMMIT_BRANCH": pipeline["ref"],
        "CI_COMMIT_REF_NAME": pipeline["ref"],
        "CI_COMMIT_REF_PROTECTED": str(protected).lower(),
        "CI_COMMIT_SHA": pipeline["sha"],
        "CI_COMMIT_SHORT_SHA": pipeline["sha"][:8],
        "CI_CONFIG_PATH": ".gitlab-ci.yml",
        "CI_DEFAULT_BRANCH": project["default_branch"],
        "CI_PIPELINE_ID": str(pipeline["id"]),
        "CI_PIPELINE_SOURCE": pipeline["source"],
        "CI_PIPELINE_URL": f"{page}/-/pipelines/{pipeline['id']}",
        "CI_PROJECT_ID": str(project["id"]),
        "CI_PROJECT_NAME": name,
        "CI_PROJECT_NAMESPACE": space,
        "CI_PROJECT_PATH": project["path"],
        "CI_PROJECT_TITLE": project["name"],
        "CI_PROJECT_URL": page,
        "CI_PROJECT_VISIBILITY": project["visibility"],
        "CI_SERVER": "yes",
        "CI_SERVER_HOST": server.hostname or "",
        "CI_SERVER_NAME": "GitLab",
        "CI_SERVER_PROTOCOL": server.scheme,
        "CI_SERVER_URL": url,
        "GITLAB_USER_ID": str(USER["id"]),
        "GITLAB_USER_LOGIN": str(USER["username"]),
        "GITLAB_USER_NAME": str(USER["name"]),
    }


def given_by_project(store: Store, project: Row, ref: str) -> list[Payload]:
    """The project's variables that a job of this branch gets."""
    rows = store.table("variables").rows(project_id=project["id"])
    return [
        {
            **_secret(row["key"], row["value"]),
            "masked": row["masked"],
            "file": row["variable_type"] == "file",
            "raw": row["raw"],
        }
        for row in rows
        if row["environment_scope"] == "*" and (is_protected(project, ref) or not row["protected"])
    ]


def _without(yaml: dict[str, str], given: list[Payload]) -> dict[str, str]:
    """What the file says, where the project does not say otherwise."""
    known = {row["key"] for row in given}
    return {key: value for key, value in yaml.items() if key not in known}


def _of_job(job: Job, project: Row, url: str) -> dict[str, str]:
    plan = job.plan
    return {
        "CI_JOB_ID": str(job.id),
        "CI_JOB_NAME": plan["name"],
        "CI_JOB_STAGE": plan["stage"],
        "CI_JOB_URL": f"{url}/{project['path']}/-/jobs/{job.id}",
        "CI_NODE_TOTAL": "1",
    }


def _clone(project: Row, url: str, told: Payload) -> str:
    whole = urlsplit(url)
    with_token = whole._replace(netloc=f"gitlab-ci-token:{told['token']}@{whole.netloc}")
    return f"{urlunsplit(with_token)}/{project['path']}.git"


def _sources(pipeline: Row, address: str, yaml: dict[str, str]) -> Payload:
    kept = f"refs/pipelines/{pipeline['id']}"
    branch = pipeline["ref"]
    depth = yaml.get("GIT_DEPTH", "")
    return {
        "repo_url": address,
        "ref": branch,
        "sha": pipeline["sha"],
        "before_sha": pipeline["before_sha"],
        "ref_type": "branch",
        "refspecs": [f"+{kept}:{kept}", f"+refs/heads/{branch}:refs/remotes/origin/{branch}"],
        "depth": int(depth) if depth.isdecimal() else DEPTH,
        "repo_object_format": "sha1",
    }


def _steps(plan: Payload, timeout: int) -> Iterable[Payload]:
    usual = {"timeout": timeout, "when": "on_success", "allow_failure": False}
    yield {"name": "script", "script": plan["script"], **usual}
    if plan["after_script"]:
        always = {"when": "always", "allow_failure": True}
        yield {"name": "after_script", "script": plan["after_script"], **usual, **always}


def _public(variables: dict[str, str]) -> Iterable[Payload]:
    for key, value in variables.items():
        yield {"key": key, "value": value, "public": True, "masked": False}


def _secret(key: str, value: str) -> Payload:
    return {"key": key, "value": value, "public": False, "masked": True}
