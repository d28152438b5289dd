"""What the cluster has: manifests, labels, a pod network."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import shlex
from collections.abc import Mapping, Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.cluster import RECORD, Cluster, Same, SecretSums, There
from facts.files import Paths, PathState
from facts.kubernetes import KUBECTL
from operations import Commands, files, operation, refuse
from operations.downloads import fetch
from operations.files import File

APPLY = f"{KUBECTL} apply --server-side --force-conflicts"


@operation()
def manifest(manifest: str, among: Sequence[str]) -> Commands:
    """Have everything in a manifest as it says; what is not in it stays as it is.

    `among` are all that are compared at once, this one as well.
    """
    if ask(host, Same, manifests=list(among)):
        return
    if not ask(host, Same, manifests=[manifest]):
        yield StringCommand(f"{APPLY} -f - >/dev/null", _stdin=manifest)


@operation()
def network(cni: str, url: str, sha256: str, changes: Sequence[File]) -> Commands:
    """Have the pod network `cni`: its own manifest from `url`, with our `changes` laid over it.

    Applied when either changed, or what came of it was edited. A cluster that has another network
    keeps it, and the run ends.
    """
    cluster = ask(host, Cluster)
    if cluster.network not in ("", cni):
        yield refuse(
            f"the cluster's pod network is {cluster.network}, and cni says {cni}: every pod would"
            " lose its address. Put cni back; or make the cluster anew: back up what it holds,"
            " `make reset NODE=k8s_node`, and then this"
        )
        return
    (folder,) = {posixpath.dirname(file.path) for file in changes}
    manifest = f"{folder}/{cni}.yaml"
    content = "".join(file.content for file in changes)
    sum_ = hashlib.sha256(f"{sha256}{content}".encode()).hexdigest()
    found = ask(host, Paths, paths=[manifest]).get(manifest, PathState())
    if found.content != sha256:
        yield StringCommand(f"( {fetch(f'the manifest of {cni}', url, manifest, sha256)} )")
    yield from files.put._inner(files=list(changes))
    # A version of this before has recorded the sum alone.
    if cluster.network != cni or cluster.applied.get(cni) not in (sum_, f"{sum_} {cluster.edited}"):
        yield StringCommand(f"kubectl kustomize {folder} | {APPLY} -f - >/dev/null")
        record = json.dumps({"data": {cni: f"{sum_} {ask(host, Cluster).edited}"}})
        yield StringCommand(
            f"{{ {KUBECTL} -n kube-system get configmap {RECORD} >/dev/null 2>&1 || "
            f"{KUBECTL} -n kube-system create configmap {RECORD} >/dev/null; }} && "
            f"{KUBECTL} -n kube-system patch configmap {RECORD} --patch {shlex.quote(record)}"
            " >/dev/null"
        )


@operation()
def release_volume(volume: str) -> Commands:
    """Have a volume that keeps its data taken by the next claim of the name that it is for.

    A claim that is gone leaves its own number, which no later one has.
    """
    if volume in ask(host, Cluster).released:
        patch = json.dumps([{"op": "remove", "path": "/spec/claimRef/uid"}])
        yield StringCommand(
            f"{KUBECTL} patch persistentvolume {shlex.quote(volume)} --type json"
            f" --patch {shlex.quote(patch)} >/dev/null"
        )


@operation()
def labels(labels: Mapping[str, Mapping[str, str]]) -> Commands:
    """Have these labels on these nodes; others stay."""
    nodes = ask(host, Cluster).nodes
    for node, wanted in labels.items():
        has = nodes.get(node, {})
        wrong = {name: value for name, value in wanted.items() if has.get(name) != value}
        if wrong:
            words = shlex.join(f"{name}={value}" for name, value in wrong.items())
            yield StringCommand(f"{KUBECTL} label node {node} --overwrite {words} >/dev/null")


@operation()
def secret(namespace: str, secret: str, values: Mapping[str, str]) -> Commands:
    """Have a Secret with exactly these values, which show in no command line."""
    found = ask(host, SecretSums, namespace=namespace, secret=secret)
    yield from _secret(namespace, secret, values, found)


@operation()
def update_secret(namespace: str, secret: str, values: Mapping[str, str]) -> Commands:
    """The same of a Secret that is there: one that nobody has made yet is left to who makes it."""
    if found := ask(host, SecretSums, namespace=namespace, secret=secret):
        yield from _secret(namespace, secret, values, found)


def _secret(
    namespace: str, secret: str, values: Mapping[str, str], found: Mapping[str, str]
) -> Commands:
    wanted = {key: hashlib.sha256(value.encode()).hexdigest() for key, value in values.items()}
    if found != wanted:
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        metadata = {"name": secret, "namespace": namespace}
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
        yield StringCommand(f"{APPLY} -f - >/dev/null", _stdin=json.dumps(manifest))


@operation()
def delete(paths: Sequence[str]) -> Commands:
    """Have none of these objects, which are named by their paths of the API."""
    for path in ask(host, There, paths=list(paths)):
        yield StringCommand(f"{KUBECTL} delete --raw {shlex.quote(path)} >/dev/null")
