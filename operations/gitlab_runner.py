"""The CI runner: its configuration, which two steps write, and where it tells of itself."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.gitlab_runner import UNIT, RunnerListens
from operations import Commands, operation, until
from operations.files import File
from operations.sources import source
from operations.systemd import main_pid
from spec import Platform

PATIENCE = 60  # seconds, for a job that is at work


def configuration(platform: Platform, token: str) -> File:
    """The runner's whole configuration; without a token it has no runner in it."""
    return source(
        platform,
        "docker_host",
        "/etc/gitlab-runner/config.toml",
        mode="0600",
        check=_verify(platform.docker_host.gitlab_url) if token else "",
        token=token,
    )


@operation()
def listen(address: str) -> Commands:
    """Have the runner that is at work tell of itself at this address, or with "" nowhere.

    It reads that when it starts, and so is started anew: a job that it has comes to its end first,
    and where that takes longer than a minute, systemd starts it two minutes after the job.
    """
    if ask(host, RunnerListens) in ((), (address,)):
        return
    pid = main_pid(UNIT)
    yield StringCommand(
        f'systemctl daemon-reload; kill -QUIT "$({pid})";'
        f' if {until(f"""[ -z "$({pid})" ]""", PATIENCE)}; then systemctl restart {UNIT}; fi'
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
