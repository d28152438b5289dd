"""E: the application that a pipeline has deployed is what visitors see."""

from __future__ import annotations

import shlex

from gates.gate import Gate
from spec import Machine, Platform


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """The way from a push to the page, asked on the Docker host; none without a project."""
    if not platform.sets_project_up:
        return []
    return [_pushed(platform), _served(platform)]


def _pushed(platform: Platform) -> Gate:
    settings, user = platform.docker_host, platform.all.ssh_user
    project = settings.gitlab_project
    return Gate(
        awaits=f"{project} has a branch main, which {user} can fetch",
        command=(
            f"sudo -n -u {user} -H timeout 20 git -C {settings.application_path} ls-remote"
            " --exit-code origin refs/heads/main"
        ),
        hint=(
            f"{settings.gitlab_url}/{project}/-/settings/repository: the deploy key; on this"
            f" machine git -C {settings.application_path} remote -v"
        ),
        within=30,
        every=5,
    )


def _served(platform: Platform) -> Gate:
    settings = platform.docker_host
    url = f"https://{settings.edge_host}:{settings.edge_https_port}"
    probes = (f"{url}{tier.probe_at_edge}" for tier in platform.k8s_worker.app_tiers.values())
    asked = " ".join(f"-o /dev/null {shlex.quote(probe)}" for probe in probes)
    return Gate(
        awaits=f"the application answers at https://{settings.edge_host}",
        # Whom to trust for the edge's certificate is another gate's question. Without --fail-early
        # the last answer alone would count.
        command=(
            "curl -fsS --fail-early --insecure --noproxy '*' --max-time 5"
            f" -w '%{{url}} %{{http_code}}\\n' {asked}"
        ),
        hint=(
            f"{settings.gitlab_url}/{settings.gitlab_project}/-/pipelines: has one of main"
            " succeeded? Then make smoke"
        ),
        within=120,
        every=3,
    )
