"""B6: the way to GitLab's SSH, through the port that every network lets out."""

from __future__ import annotations

from operations import files, ssh
from operations.sources import source
from spec import Platform

KEY = "gitlab_ed25519"  # in ~/.ssh of ssh_user


def apply(platform: Platform) -> None:
    """Have a key for GitLab, and a name for it that any user of this machine can type."""
    make_key(platform)
    name_gitlab(platform)


def make_key(platform: Platform) -> None:
    """B6: made once and kept: its public half stands in GitLab, where nobody here can change it."""
    ssh.key_pair(
        name="Make a key for GitLab",
        user=platform.all.ssh_user,
        key=KEY,
        comment=f"{platform.docker.hostname}-gitlab",
    )


def name_gitlab(platform: Platform) -> None:
    """B6: `gitlab-443`, with the host keys that GitLab publishes, so that nobody has to say yes.

    The runbook writes it into ~/.ssh/config. That file is a person's own, and what stands in it
    goes before this: a drop-in of the system's is a file that can be ours as a whole.
    """
    files.put(
        name="Name GitLab's SSH, and pin its host keys",
        files=[
            source(platform, "docker_host", "/etc/ssh/ssh_config.d/50-gitlab.conf", key=KEY),
            source(platform, "docker_host", "/etc/ssh/gitlab_known_hosts"),
        ],
    )
