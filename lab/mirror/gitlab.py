"""GitLab's stand-in: its API behind the front's /gitlab.com/, its SSH on port 443."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from lab import MIRROR, Lab, keys, network
from lab.doubles.gitlab.store import Store
from lab.mirror import gitlab_tree, root
from lab.mirror.daemons import Daemon, has_file, listens, rendered, state
from lab.mirror.gitlab_tree import Parts
from lab.mirror.real import DOUBLES
from lab.mirror.store import fingerprint

SSH_HOST, SSH_PORT = "altssh.gitlab.com", 443
SOCKET = "gitlab.sock"
URL = f"http://{MIRROR}/gitlab.com"


def store(lab: Lab) -> Store:
    """What this lab's GitLab remembers; tests queue jobs there, and read how they went."""
    return Store(state(lab) / "gitlab")


def prepare(lab: Lab) -> None:
    """Let this lab's GitLab know its user, and the runner that a person has made, if one has."""
    known = store(lab)
    known.admit(keys.gitlab_token(lab))
    if network.by_hand_only():
        known.add_runner(keys.runner_token(lab))


def api(lab: Lab, parts: Parts) -> Daemon:
    """The API, and git over HTTP, on a socket."""
    here = f"{root.HOME}/state"
    config = {
        "socket": f"{here}/{SOCKET}",
        "state": f"{here}/gitlab",
        "url": URL,
        "account": gitlab_tree.ACCOUNT,
        "package": f"{root.HOME}/modules/node_modules/gitlab-ci-local",
        "code": fingerprint(DOUBLES / "gitlab"),  # started anew when it changes
    }
    path = f"PYTHONPATH={root.HOME}/doubles"
    return Daemon(
        name="gitlab",
        command=("env", path, "python3", "-B", "-m", "gitlab", f"{here}/gitlab.conf"),
        config=json.dumps(config),
        binds={"state": state(lab), "doubles": DOUBLES, "modules": parts.modules},
        tree=parts.tree,
        leaves=(SOCKET,),
        ready=has_file(state(lab) / SOCKET),
    )


def ssh(lab: Lab, parts: Parts) -> Daemon:
    """SSH for whoever has a key in the store's authorized_keys, or is some project's deploy key."""
    return Daemon(
        name="altssh",
        command=("/usr/sbin/sshd", "-D", "-e", "-f", f"{root.HOME}/state/altssh.conf"),
        config=rendered(
            "altssh.conf.j2",
            address=MIRROR,
            port=SSH_PORT,
            home=root.HOME,
            socket=SOCKET,
            root=urlsplit(URL).path,
        ),
        binds={"state": state(lab), "key": _host_key(lab).parent, "doubles": DOUBLES},
        tree=parts.tree,
        ready=listens("tcp", SSH_PORT),
    )


def host_key(lab: Lab) -> str:
    """The public host key of this lab's GitLab, for gitlab_host_keys."""
    kind, key, *_ = _host_key(lab).with_suffix(".pub").read_text().split()
    return f"{kind} {key}"


def _host_key(lab: Lab) -> Path:
    return keys.host(lab, SSH_HOST)
