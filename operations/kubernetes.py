"""What the cluster has: manifests, labels, a pod network."""

from __future__ import annotations

import hashlib
import posixpath
import shlex
from collections.abc import Mapping, Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.cluster import RECORD, Cluster, Same, There
from facts.files import Paths, PathState
from facts.kubernetes import KUBECTL
from operations import Commands, files, operation, refuse
from operations.downloads import fetch
from operations.files import File

APPLY = f"{KUBECTL} apply --server-side --force-conflicts"


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
def removed(paths: Sequence[str]) -> Commands:
    """Have none of these objects, which are named by their paths of the API."""
    for path in ask(host, There, paths=list(paths)):
        yield StringCommand(f"{KUBECTL} delete --raw {shlex.quote(path)} >/dev/null")
