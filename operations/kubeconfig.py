"""Kubeconfigs: the files that let people and pipelines in."""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pyinfra import host
from pyinfra.api.command import FunctionCommand, StringCommand

from facts.asking import ask, rehearsing
from facts.cluster import AccountKubeconfig, Copies, grant
from facts.kubernetes import ADMIN, KUBECTL
from facts.users import home
from operations import Commands, operation, refuse
from spec import private_file
from spec.certificate import LEAST_DAYS

PRIVATE = stat.S_IRUSR | stat.S_IWUSR
AUTHORITY = f"sed -n 's/^ *certificate-authority-data: //p' {ADMIN}"
TOKEN_LIVES = 90 * 24  # hours
# What a kubeconfig of ours lets somebody in with.
WAYS_IN = (("token",), ("client-certificate-data", "client-key-data"))


@operation()
def copy(users: Sequence[str]) -> Commands:
    """Have the administrator's kubeconfig in these users' homes, for them alone."""
    copies = ask(host, Copies, users=list(users))
    for user in users:
        if not copies.get(user):
            yield StringCommand(
                f'home={home(user)}; file="$home/.kube/config"; '
                # One of another cluster's is somebody's.
                f'{{ [ ! -e "$file" ] || grep -qF "$({AUTHORITY})" "$file" ||'
                ' mv -f "$file" "$file.before"; } && '
                f'install -d -m 0700 -o {user} -g "$(id -g {user})" "$home/.kube" && '
                f'install -m 0600 -o {user} -g "$(id -g {user})" {ADMIN} "$home/.kube/config"'
            )


@operation()
def for_account(
    account: str, account_namespace: str, namespace: str, server: str, user: str, path: str
) -> Commands:
    """Have a kubeconfig of a service account of `account_namespace` at `path` in a user's home.

    It is for work in `namespace`, its owner's only, and good for 30 days at least.
    """
    words = {"account": account, "namespace": namespace, "server": server}
    words |= {"account_namespace": account_namespace, "user": user, "path": path}
    if ask(host, AccountKubeconfig, **words) >= LEAST_DAYS:
        return
    make = f"{KUBECTL} -n {account_namespace} create token {account} --duration={TOKEN_LIVES}h"
    yield StringCommand(
        f"umask 077; home={home(user)} && "
        f'file="$home"/{path} && install -d -m 0700 -o {user} "$(dirname "$file")" && '
        f'token=$({make}) && {grant(account, namespace, server)} >"$file.new" && '
        f'chown {user} "$file.new" && mv -fT "$file.new" "$file"'
    )


@operation()
def fetch(
    remote: str, local: Path, server: str, namespace: str = "", known_as: str = ""
) -> Commands:
    """Have a kubeconfig of the login user's here as well, 0600, talking to `server`.

    `remote` is below that user's home: not every sshd has SFTP, and it shows in no output. What
    comes is data: a machine that was taken over has nothing run here. `known_as` is a name of the
    server's certificate, for one that is reached by another.
    """
    if rehearsing():
        return
    reached = {"server": server, **({"tls-server-name": known_as} if known_as else {})}
    wanted = _rebuilt(_read(remote), reached, namespace)
    if wanted is None:
        yield refuse(
            f"~/{remote} on {host.name} is no kubeconfig of a cluster, with a token or a"
            " certificate in it: nothing of it was taken; find out who wrote it"
        )
    elif not (wanted and _is(local, wanted)):
        yield FunctionCommand(_write, (remote, local, reached, namespace), {})


def _is(local: Path, text: str) -> bool:
    private = local.exists() and stat.S_IMODE(local.stat().st_mode) == PRIVATE
    return private and local.read_text(encoding="utf-8") == text


def _read(remote: str) -> str:
    """The file as it is there; "" when there is none yet."""
    ok, output = host.run_shell_command(StringCommand(f"cat {shlex.quote(remote)}"))
    return "\n".join([*output.stdout_lines, ""]) if ok else ""


def _rebuilt(text: str, server: Mapping[str, str], namespace: str) -> str | None:
    """A kubeconfig of what is wanted from `text`, and nothing else; None where that is not in it.

    A kubeconfig may name programs that whoever loads it runs.
    """
    if not text:
        return ""
    try:
        told = yaml.safe_load(text)
        (cluster,) = (row["cluster"] for row in told["clusters"])
        (user,) = (row["user"] for row in told["users"])
        authority = _plain(cluster, "certificate-authority-data")
        (way,) = (way for way in WAYS_IN if way[0] in user)
        proof = _plain(user, *way)
    except (yaml.YAMLError, LookupError, TypeError, ValueError):
        return None
    context = {"cluster": "platform", "user": "platform"}
    context |= {"namespace": namespace} if namespace else {}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "platform",
        "contexts": [{"name": "platform", "context": context}],
        "clusters": [{"name": "platform", "cluster": {**server, **authority}}],
        "users": [{"name": "platform", "user": proof}],
    }
    written: str = yaml.safe_dump(document, sort_keys=False)
    return written


def _plain(table: Mapping[str, str], *names: str) -> dict[str, str]:
    """These entries of a table, each of which must be base64 or a token."""
    wrong = [name for name in names if not re.fullmatch(r"[\w.+/=-]+", table[name])]
    if wrong:
        raise ValueError(wrong)
    return {name: table[name] for name in names}


def _write(remote: str, local: Path, server: Mapping[str, str], namespace: str) -> None:
    text = _rebuilt(_read(remote), server, namespace)
    if not text:
        return  # a gate asks whether the one on the machine is good
    private_file.write(text, local)
