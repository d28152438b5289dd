"""B5: the CI runner, whose jobs run in a shell on this machine and may use Docker."""

from __future__ import annotations

from pyinfra import host

import spec
from facts.asking import ask
from facts.machine import MachineFact
from operations import apt, files, systemd, users
from operations.gitlab_runner import configuration
from operations.sources import source
from spec import Platform

CONFIG = "/etc/gitlab-runner/config.toml"


def apply(platform: Platform) -> None:
    """Have the runner at exactly the wanted version, in group docker, and known to GitLab."""
    add_repository(platform)
    install(platform)
    let_into_docker()
    register(platform)
    systemd.enable(name="Start the runner", units=["gitlab-runner.service"])


def add_repository(platform: Platform) -> None:
    """B5: the vendor's way is a script that is piped into a shell; this is what it sets up."""
    settings = platform.docker_host
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
            source(
                platform,
                "docker_host",
                "/etc/apt/sources.list.d/gitlab-runner.sources",
                system=system,
            ),
            source(platform, "docker_host", "/etc/apt/preferences.d/gitlab-runner.pref"),
        ],
    )


def install(platform: Platform) -> None:
    """B5: the package brings the user, the unit and an empty configuration."""
    version = platform.docker_host.runner_version
    apt.packages(
        name=f"Install GitLab Runner {version}", versions={"gitlab-runner": f"{version}-*"}
    )
    # GitLab's documentation names it as the reason for "prepare environment: exit status 1": it
    # clears a console that a job does not have, and the job's login ends badly.
    files.remove(
        name="Remove the logout script that breaks jobs",
        paths=[f"/home/{spec.RUNNER_USER}/.bash_logout"],
    )


def let_into_docker() -> None:
    """B5: the runbook changes the socket's mode, which the next boot undoes; the group stays.

    Nothing has to be restarted: every job logs in anew (`su -`), and gets its groups then.
    """
    users.join(name="Let the runner use Docker", user=spec.RUNNER_USER, group="docker")


def register(platform: Platform) -> None:
    """B5: what `gitlab-runner register` would write, which adds a runner each time that it runs.

    GitLab is asked about the token before the file counts. The service looks at its file every
    few seconds and loads a new one by itself.
    """
    token = platform.runner_token
    files.put(
        name="Tell the runner which GitLab it works for", files=[configuration(platform, token)]
    )
