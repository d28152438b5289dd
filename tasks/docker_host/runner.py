"""B5: the CI runner, whose jobs run in a shell on this machine and may use Docker."""

from __future__ import annotations

import shlex

from pyinfra import host

import spec
from facts.asking import ask
from facts.machine import MachineFact
from operations import apt, files, systemd, users
from operations.files import File
from tasks.sources import source

CONFIG = "/etc/gitlab-runner/config.toml"


def apply() -> None:
    """Have the runner at exactly the wanted version, in group docker, and known to GitLab."""
    add_repository()
    install()
    let_into_docker()
    register()
    systemd.started(name="Start the runner", units=["gitlab-runner.service"])


def add_repository() -> None:
    """B5: the vendor's way is a script that is piped into a shell; this is what it sets up."""
    settings = spec.platform().docker_host
    apt.key(
        name="Trust GitLab's signing key",
        url=f"{settings.runner_repository}/gpgkey",
        fingerprint=settings.runner_key_fingerprint,
        path="/etc/apt/keyrings/gitlab-runner.asc",
    )
    system = ask(host, MachineFact)
    files.put(
        name="Add the runner's repository, pinned to the wanted version",
        files=[
            source("docker_host", "/etc/apt/sources.list.d/gitlab-runner.sources", system=system),
            source("docker_host", "/etc/apt/preferences.d/gitlab-runner.pref"),
        ],
    )


def install() -> None:
    """B5: the package brings the user, the unit and an empty configuration."""
    version = spec.platform().docker_host.runner_version
    apt.packages(
        name=f"Install GitLab Runner {version}", versions={"gitlab-runner": f"{version}-*"}
    )
    # GitLab's documentation names it as the reason for "prepare environment: exit status 1": it
    # clears a console that a job does not have, and the job's login ends badly.
    files.absent(
        name="Remove the logout script that breaks jobs",
        paths=[f"/home/{spec.RUNNER_USER}/.bash_logout"],
    )


def let_into_docker() -> None:
    """B5: the runbook changes the socket's mode, which the next boot undoes; the group stays.

    Nothing has to be restarted: every job logs in anew (`su -`), and gets its groups then.
    """
    users.joined(name="Let the runner use Docker", user=spec.RUNNER_USER, group="docker")


def register() -> None:
    """B5: what `gitlab-runner register` would write, which adds a runner each time that it runs.

    GitLab is asked about the token before the file counts. The service looks at its file every
    few seconds and loads a new one by itself.
    """
    token = spec.platform().runner_token
    files.put(name="Tell the runner which GitLab it works for", files=[configuration(token)])


def configuration(token: str) -> File:
    """The runner's whole configuration; without a token it has no runner in it."""
    return source(
        "docker_host",
        "/etc/gitlab-runner/config.toml",
        mode="0600",
        check=_verify(spec.platform().docker_host.gitlab_url) if token else "",
        token=token,
    )


def _verify(gitlab: str) -> str:
    """Shell that asks GitLab about the runner in {}, and says in one sentence what is wrong.

    `gitlab-runner verify` ends with 0 when GitLab cannot be asked, so its words count.
    """
    at = f"GitLab at {gitlab}"
    refused = f"{at} refuses runner_token: was the runner deleted? Make a new one, take its token"
    silent, unsure = f"{at} does not answer:", f"{at} cannot say whether runner_token is good:"
    # The log has colours, and the beginning of the token before the reason.
    why = r"sed -n 's/\x1b\[[0-9;]*m//g; s/.* status=//p' | grep . || echo no word within 30 s"
    return (
        "(said=$(timeout 30 gitlab-runner verify --config {} 2>&1 </dev/null) || :; "
        f'why=$(printf "%s\\n" "$said" | {why}); case "$said" in *"is valid"*) ;; '
        f'*"is not valid"*|*"is removed"*) echo {shlex.quote(refused)} >&2; exit 1;; '
        f"""*"couldn't execute"*) echo {shlex.quote(silent)} "$why" >&2; exit 1;; """
        f'*) echo {shlex.quote(unsure)} "$why" >&2; exit 1;; esac)'
    )
