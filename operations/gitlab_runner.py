"""The CI runner's configuration, a file that two steps write: with a token, and without one yet."""

from __future__ import annotations

import shlex

from operations.files import File
from operations.sources import source
from spec import Platform


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
