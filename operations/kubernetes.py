"""What the cluster has: manifests, labels, and the files that let people and pipelines in."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import shlex
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyinfra import host
from pyinfra.api.command import FunctionCommand, StringCommand

from facts.asking import ask
from facts.cluster import RECORD, Cluster, Copies, Granted, Kubeconfig, Same, grant
from facts.files import Paths, PathState
from facts.kubernetes import ADMIN, KUBECTL
from facts.users import home
from operations import Commands, files, operation, refuse, until
from operations.downloads import fetch
from operations.files import File

APPLY = f"{KUBECTL} apply --server-side --force-conflicts"

PRIVATE = stat.S_IRUSR | stat.S_IWUSR


@operation()
def applied(manifest: str, among: Sequence[str]) -> Commands:
    """Have everything in a manifest as it says; what is not in it stays as it is.

    `among` are all that are compared at once, this one as well.
    """
    if ask(host, Same, manifests=list(among)):
        return
    if not ask(host, Same, manifests=[manifest]):
        yield StringCommand(f"{APPLY} -f - >/dev/null", _stdin=manifest)


@operation()
def network(cni: str, url: str, sha256: str, changes: File) -> Commands:
    """Have the pod network `cni`: its own manifest from `url`, with our `changes` laid over it.

    Applied when either changed. A cluster that has another network keeps it, and the run ends.
    """
    cluster = ask(host, Cluster)
    if cluster.network not in ("", cni):
        yield refuse(
            f"the cluster's pod network is {cluster.network}, and cni says {cni}: every pod would"
            " lose its address. Put cni back; or make the cluster anew: back up what it holds, run"
            " `kubeadm reset` on every node, and then this"
        )
        return
    folder = posixpath.dirname(changes.path)
    manifest = f"{folder}/{cni}.yaml"
    sum_ = hashlib.sha256(f"{sha256}{changes.content}".encode()).hexdigest()
    found = ask(host, Paths, paths=[manifest]).get(manifest, PathState())
    if found.content != sha256:
        yield StringCommand(f"( {fetch(f'the manifest of {cni}', url, manifest, sha256)} )")
    yield from files.put._inner(files=[changes])
    if cluster.network != cni or cluster.applied.get(cni) != sum_:
        record = f'{{"data":{{"{cni}":"{sum_}"}}}}'
        yield StringCommand(
            f"kubectl kustomize {folder} | {APPLY} -f - >/dev/null && "
            f"{{ {KUBECTL} -n kube-system get configmap {RECORD} >/dev/null 2>&1 || "
            f"{KUBECTL} -n kube-system create configmap {RECORD} >/dev/null; }} && "
            f"{KUBECTL} -n kube-system patch configmap {RECORD} --patch {shlex.quote(record)}"
            " >/dev/null"
        )


@operation()
def labelled(labels: Mapping[str, Mapping[str, str]]) -> Commands:
    """Have these labels on these nodes; others stay."""
    nodes = ask(host, Cluster).nodes
    for node, wanted in labels.items():
        has = nodes.get(node, {})
        wrong = {name: value for name, value in wanted.items() if has.get(name) != value}
        if wrong:
            words = shlex.join(f"{name}={value}" for name, value in wrong.items())
            yield StringCommand(f"{KUBECTL} label node {node} --overwrite {words} >/dev/null")


@operation()
def copied(users: Sequence[str]) -> Commands:
    """Have the administrator's kubeconfig in these users' homes, for them alone."""
    copies = ask(host, Copies, users=list(users))
    for user in users:
        if not copies.get(user):
            yield StringCommand(
                f"home={home(user)} && "
                f'install -d -m 0700 -o {user} -g "$(id -g {user})" "$home/.kube" && '
                f'install -m 0600 -o {user} -g "$(id -g {user})" {ADMIN} "$home/.kube/config"'
            )


@operation()
def granted(account: str, namespace: str, server: str, user: str, path: str) -> Commands:
    """Have the kubeconfig of a service account at `path` in a user's home, 0600."""
    words = {"account": account, "namespace": namespace, "server": server}
    if ask(host, Granted, **words, user=user, path=path):
        return
    told = shlex.quote(f"the cluster has no token for {account} in {namespace}: see its Secrets")
    # The token is made a moment after its Secret.
    written = until(f'{grant(account, namespace, server)} >"$file.new" 2>/dev/null', 10)
    yield StringCommand(
        f"umask 077; home={home(user)} && "
        f'file="$home"/{path} && install -d -m 0700 -o {user} "$(dirname "$file")" && '
        f"{{ {written} || {{ echo {told} >&2; exit 1; }}; }} && "
        f'chown {user} "$file.new" && mv -fT "$file.new" "$file"'
    )


@operation()
def brought(user: str, remote: str, local: Path, server: str) -> Commands:
    """Have the kubeconfig of the login user `user` here as well, 0600, talking to `server`.

    `remote` is below that user's home: not every sshd has SFTP, and it shows in no output.
    """
    wanted = ask(host, Kubeconfig, user=user, path=remote, server=server)
    if wanted and local.exists():
        private = stat.S_IMODE(local.stat().st_mode) == PRIVATE
        if private and hashlib.sha256(local.read_bytes()).hexdigest() == wanted:
            return
    yield FunctionCommand(_write, (remote, local, server), {})


def _read(remote: str, server: str) -> str:
    """The file with its server replaced; "" when there is none yet."""
    there, output = host.run_shell_command(StringCommand(f"cat {shlex.quote(remote)}"))
    if not there:
        return ""
    text = "\n".join([*output.stdout_lines, ""])
    return re.sub(r"(?m)^(\s*server: ).*$", rf"\g<1>{server}", text)


def _write(remote: str, local: Path, server: str) -> None:
    text = _read(remote, server)
    if not text:
        return  # a gate asks whether the one on the machine is good
    unfinished = local.with_name(f".{local.name}.new")
    with os.fdopen(
        os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w"
    ) as file:
        file.write(text)
    unfinished.replace(local)
