"""E1, E2: what stands at GitLab, set up by its API, and the first push."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr
from pyinfra import host

import spec
from facts.gitlab import Access
from operations import gitlab, pipeline
from operations.gitlab import Variable
from spec.secrets import SECRETS_FILE, keep
from tasks.docker_host.gitlab import KEY
from tasks.docker_host.runner import configuration
from tasks.layer import layer

KUBECONFIG = "KUBECONFIG_PROD"


@layer("docker_host", "Project")
def apply() -> None:
    """With a token of a person's everything is set up; without, a person is told what to do."""
    say_what_is_left()
    set_up()


def say_what_is_left() -> None:
    """E1: without a token of a person's there is a list of what only a person can enter."""
    platform = spec.platform()
    if platform.docker_host.gitlab_project and not platform.sets_project_up:
        gitlab.by_hand(name="List what to enter at GitLab by hand", steps=list(_by_hand()))


def set_up() -> None:
    """The project, who may push to it, who does its jobs, what these are told; then the push."""
    if spec.platform().sets_project_up:
        have_project()
        let_the_machine_push()
        have_runner()
        tell_the_pipeline()
        push()


def have_project() -> None:
    """E1: the runbook makes it in the browser."""
    gitlab.project(name="Make the project at GitLab", access=_access())


def let_the_machine_push() -> None:
    """E2: a key of this project alone, where the runbook takes one of a person's account."""
    platform = spec.platform()
    gitlab.deploy_key(
        name="Let this machine's key push to the project",
        access=_access(),
        title=_title(),
        user=platform.all.ssh_user,
        key=KEY,
    )


def have_runner() -> None:
    """E1: for protected branches only: a job is a shell on this machine, and may use Docker."""
    platform = spec.platform()
    gitlab.runner(
        name="Make the project's runner, and register it",
        access=_access(),
        token=platform.runner_token,
        description=_title(),
        tag=platform.docker_host.runner_tag,
        keep=lambda token: keep({"runner_token": token}, SECRETS_FILE),
        configured=configuration,
    )


def tell_the_pipeline() -> None:
    """E1: the runbook pastes the administrator's kubeconfig; this one has a fence."""
    gitlab.variables(
        name="Set the variables of the project's pipelines",
        access=_access(),
        wanted=_variables,
    )


def push() -> None:
    """E2: only where the project has no main yet; the runbook forces it over whatever is there."""
    platform = spec.platform()
    pipeline.started(
        name="Push the application, and follow its first pipeline",
        access=_access(),
        folder=platform.docker_host.project_path,
        owner=platform.all.ssh_user,
    )


def _access() -> Access:
    platform = spec.platform()
    project, token = platform.docker_host.gitlab_project, platform.secrets.gitlab_token
    assert project and token
    return Access(platform.docker_host.gitlab_url, project, token)


def _title() -> str:
    """What this machine is called at GitLab."""
    return spec.platform().machine(host.name).hostname


def _variables() -> list[Variable]:
    """Read when they are set: an earlier layer of the same run brings the kubeconfig."""
    platform = spec.platform()
    found = [Variable(one.key, one.value, masked=True) for one in platform.pipeline_secrets]
    plain = platform.docker_host.project_variables.items()
    found += [Variable(key, SecretStr(value)) for key, value in plain]
    if platform.pipeline_kubeconfig.exists():
        text = platform.pipeline_kubeconfig.read_text(encoding="utf-8")
        found.append(Variable(KUBECONFIG, SecretStr(text), kind="file"))
    return found


def _by_hand() -> Iterator[str]:
    platform = spec.platform()
    settings, user = platform.docker_host, platform.all.ssh_user
    yield "gitlab_token is not set (secrets.env), so a person enters this, once, at"
    yield f"{settings.gitlab_url}/{settings.gitlab_project}"
    yield "  Settings > Repository > Deploy keys, with write access:"
    yield f"    {host.name}:~{user}/.ssh/{KEY}.pub"
    yield "  Settings > CI/CD > Runners > New project runner, for protected branches only:"
    yield f"    tag {settings.runner_tag}; its token into secrets.env as runner_token"
    yield "  Settings > CI/CD > Variables, each protected, and not expanded:"
    yield f"    {KUBECONFIG}: type file, what stands in {platform.pipeline_kubeconfig}"
    for one in platform.pipeline_secrets:
        yield f"    {one.key}: masked, {one.name} of secrets.env"
    for key, value in settings.project_variables.items():
        yield f"    {key}: {value}"
    yield f"  then, as {user} on {host.name}:"
    yield f"    git -C {settings.project_path} push -u origin main"
