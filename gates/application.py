"""B5, B6, E: GitLab is reached, visitors see what a pipeline has deployed; all is backed up."""

from __future__ import annotations

import shlex

from gates.gate import Gate
from spec import Machine, Platform
from spec.backup import LAST


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """The way from a push to the page, asked on the Docker host.

    What asks GitLab comes after everything that does without it: where that does not answer, the
    rest of the platform can be repaired all the same.
    """
    found = [_registered(platform)] if platform.runner_token else []
    found.append(_gitlab(platform))
    if platform.sets_project_up:
        found += [_pushed(platform), _served(platform)]
    return [*found, _backed_up(platform)]


def _registered(platform: Platform) -> Gate:
    url = platform.docker_host.gitlab_url
    return Gate(
        awaits=f"the runner is registered at {url}",
        # Its exit status is 0 when GitLab cannot be asked; its log starts lines with colours and
        # names the beginning of the token.
        command=(
            r"gitlab-runner verify 2>&1 | sed 's/\x1b\[[0-9;]*m//g; s/runner=[^ ]*//' |"
            " grep Verifying | tee /dev/stderr | grep -q 'is valid'"
        ),
        hint=(
            f"journalctl -u gitlab-runner -n 50; the runner's page in {url}; runner_token in"
            " secrets.env"
        ),
        within=30,
        every=5,
    )


def _gitlab(platform: Platform) -> Gate:
    settings, user = platform.docker_host, platform.all.ssh_user
    name, port = settings.gitlab_ssh_host, settings.gitlab_ssh_port
    return Gate(
        awaits=f"GitLab answers on SSH at {name}:{port}",
        # Refused by GitLab counts as reached: the key may not be there yet.
        command=(
            f"sudo -n -u {user} -H ssh -T -o BatchMode=yes -o ConnectTimeout=10 gitlab-443 2>&1 |"
            " tee /dev/stderr | grep -q -e 'Welcome to GitLab' -e 'Permission denied (publickey'"
        ),
        hint=(
            f"ssh -v gitlab-443 as {user}; does the network let port {port} out? Does"
            " gitlab_host_keys hold the key that is published? To be let in, add"
            f" ~{user}/.ssh/gitlab_ed25519.pub to the project in {settings.gitlab_url}"
            " (Settings > Repository > Deploy keys, with write access)"
        ),
        within=20,
        every=3,
    )


def _backed_up(platform: Platform) -> Gate:
    """In the last layer: an old backup is no reason to leave the platform undone."""
    days = platform.all.backup_due
    return Gate(
        awaits=f"the last backup is not older than {days} days",
        command=(
            f'[ ! -e {LAST} ] || {{ echo "the last one is of $(cat {LAST})";'
            f" find {LAST} -mmin -{days * 24 * 60} | grep -q .; }}"
        ),
        hint="make backup; did cron's fail? It ends with 1, and says why",
        within=1,
    )


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
