"""E1, E2: what stands at GitLab, set up by its API, and the first push."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pydantic import SecretStr
from pyinfra import host

from facts.gitlab import Access
from operations import gitlab, pipeline
from operations.gitlab import Variable
from spec import Platform
from tasks.docker_host.gitlab import KEY
from tasks.layer import layer

KUBECONFIG = "KUBECONFIG_PROD"


@layer("docker_host", "Application")
def apply(platform: Platform) -> None:
    """With a token of a person's everything is set up; without, a person is told what to do."""
    say_what_is_left(platform)
    set_up(platform)


def say_what_is_left(platform: Platform) -> None:
    """E1: without a token of a person's there is a list of what only a person can enter."""
    if platform.docker_host.gitlab_project and not platform.sets_project_up:
        gitlab.instructions(
            name="List what to enter at GitLab by hand", steps=list(_by_hand(platform))
        )
    elif platform.to_do:
        gitlab.instructions(name="List what is left to do by hand", steps=platform.to_do)


def set_up(platform: Platform) -> None:
    """The project, who may push to it, who does its jobs, what these are told; then the push."""
    if platform.sets_project_up:
        have_project(platform)
        let_the_machine_push(platform)
        have_runner(platform)
        tell_the_pipeline(platform)
        push(platform)
        look_who_may_push(platform)


def have_project(platform: Platform) -> None:
    """E1: the runbook makes it in the browser."""
    gitlab.project(name="Make the project at GitLab", access=_access(platform))


def let_the_machine_push(platform: Platform) -> None:
    """E2: a key of this project alone, where the runbook takes one of a person's account."""
    gitlab.deploy_key(
        name="Let this machine's key push to the project",
        access=_access(platform),
        title=_title(platform),
        user=platform.all.ssh_user,
        key=KEY,
    )


def have_runner(platform: Platform) -> None:
    """E1: for protected branches only: a job is a shell on this machine, and may use Docker."""
    gitlab.runner(
        name="Make the project's runner, and register it",
        access=_access(platform),
        platform=platform,
        description=_title(platform),
    )


def tell_the_pipeline(platform: Platform) -> None:
    """E1: the runbook pastes the administrator's kubeconfig; this one has a fence."""
    gitlab.variables(
        name="Set the variables of the project's pipelines",
        access=_access(platform),
        wanted=partial(_variables, platform),
    )


def push(platform: Platform) -> None:
    """E2: only where the project has no main yet; the runbook forces it over whatever is there."""
    pipeline.start(
        name="Push the application, and follow its first pipeline",
        access=_access(platform),
        folder=platform.docker_host.application_path,
        owner=platform.all.ssh_user,
    )


def look_who_may_push(platform: Platform) -> None:
    """E1: whoever moves what is protected is as good as root here, and GitLab's owners choose."""
    gitlab.permissions(
        name="Look who may push to the project",
        access=_access(platform),
        wanted=partial(_variables, platform),
    )


def _access(platform: Platform) -> Access:
    project, token = platform.docker_host.gitlab_project, platform.secrets.gitlab_token
    assert project and token
    return Access(platform.docker_host.gitlab_url, project, token)


def _title(platform: Platform) -> str:
    """What this machine is called at GitLab."""
    return platform.machine(host.name).hostname


def _variables(platform: Platform) -> list[Variable]:
    """Read when they are set: an earlier layer of the same run brings the kubeconfig."""
    found = [Variable(one.key, one.value, masked=True) for one in platform.pipeline_secrets]
    plain = {**platform.registry_variables, **platform.docker_host.pipeline_variables}
    found += [Variable(key, SecretStr(value)) for key, value in plain.items()]
    if platform.pipeline_kubeconfig.exists():
        text = platform.pipeline_kubeconfig.read_text(encoding="utf-8")
        found.append(Variable(KUBECONFIG, SecretStr(text), kind="file"))
    return found


def _by_hand(platform: Platform) -> Iterator[str]:
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
    plain = platform.registry_variables if settings.harbor_tls else {}
    for key, value in {**plain, **settings.pipeline_variables}.items():
        yield f"    {key}: {value}"
    yield f"  then, as {user} on {host.name}:"
    yield f"    git -C {settings.application_path} push -u origin main"
