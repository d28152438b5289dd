"""kubeadm: a cluster that is made once, nodes that join it, certificates that last."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import yaml
from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host

from facts.asking import ask
from facts.cluster import Cluster, ClusterState
from facts.files import Content, Paths, PathState
from facts.kubernetes import (
    HOME,
    KUBECTL,
    PARTS,
    UNFINISHED,
    ControlPlane,
    ControlPlaneState,
    Kubelet,
)
from operations import Commands, files, operation, refuse, run, until
from operations.bootstrap_token import LIVES, Token, label_all
from operations.files import File
from spec.certificate import LEAST_DAYS

ONCE = "/usr/local/sbin/kubeadm-once"
# The certificates of the control plane, encrypted, into the cluster for two hours. The key is one
# line more of the first document.
UPLOAD = (
    f"cat - {HOME}/kubeadm.yaml | kubeadm init phase upload-certs --upload-certs"
    " --config /dev/stdin >/dev/null"
)
ANSWERS_WITHIN = 180  # seconds, after a boot
ANSWERS = (
    f"{until(f'said=$({KUBECTL} get --raw /readyz 2>&1)', ANSWERS_WITHIN)} ||"
    f' {{ echo "the Kubernetes API does not answer within {ANSWERS_WITHIN} s: $said;'
    ' see journalctl -u kubelet, crictl ps -a" >&2; exit 1; }'
)


class _At(StringCommand):
    """A command for another machine than the one whose turn it is."""

    def __init__(self, machine: Host, command: str, stdin: str = "") -> None:
        super().__init__(command, _stdin=stdin)
        self.machine = machine

    def execute(self, state, host, connector_arguments):  # type: ignore[no-untyped-def]
        return super().execute(state, self.machine, connector_arguments)


@operation()
def config(encryption: File, turned: bool, config: File, kubelet: File) -> Commands:
    """Have what a cluster is made from on the machine; one that is there was made from the same.

    Settings that count only when a cluster is made are refused when they change after it. What may
    change of one that runs is left to those who change it; its key may while it is `turned` over.
    """
    plane = ask(host, ControlPlane)
    paths = [file.path for file in (encryption, config, kubelet)]
    found = {path: PathState() for path in paths} | ask(host, Paths, paths=paths)
    was = {f: plane.whole and found[f.path].kind == "file" for f in (encryption, config)}
    if was[encryption] and not (turned or encryption.same_content(found[encryption.path])):
        yield _made_with_another(encryption.path, "kubernetes_encryption_key")
        return
    changed = was[config] and not config.same_content(found[config.path])
    if changed and not _lasts(config.content, ask(host, Content, path=config.path)):
        yield _made_with_another(config.path, "the settings")
        return
    yield from encryption.commands(found[encryption.path])
    if not changed:
        yield from config.commands(found[config.path])
    if not plane.whole:
        yield from kubelet.commands(found[kubelet.path])


def _made_with_another(path: str, setting: str) -> StringCommand:
    return refuse(
        f"the cluster was made with another {path}, and this change of it does not reach a cluster"
        f" that runs: put {setting} back; or change the cluster by hand (kubeadm's documentation,"
        f' "Reconfiguring a kubeadm cluster"), remove {path} and run again'
    )


def _lasts(config: str, was: str) -> bool:
    """Whether a cluster that was made from the second does what the first says."""
    wanted, found = lasting(config), lasting(was)
    names, known = (set(told.pop("names", None) or ()) for told in (wanted, found))
    return wanted == found and names <= known


def lasting(config: str) -> dict[str, Any]:
    """What of kubeadm's documents counts when a cluster is made, and never again."""
    try:
        told = {document["kind"]: document for document in yaml.safe_load_all(config)}
        begin, cluster = told["InitConfiguration"], told["ClusterConfiguration"]
    except (yaml.YAMLError, LookupError, TypeError):
        return {}  # somebody's own words
    return {
        "node": begin.get("nodeRegistration", {}).get("name"),
        "endpoint": cluster.get("controlPlaneEndpoint"),
        "at": begin.get("localAPIEndpoint"),
        "networking": cluster.get("networking"),
        "images": cluster.get("imageRepository"),
        "names": cluster.get("apiServer", {}).get("certSANs"),
        "kube-proxy": told.get("KubeProxyConfiguration"),
    }


@operation()
def init(config: str, port: int) -> Commands:
    """Have a control plane that answers, made from `config`: half of one is done again."""
    plane = ask(host, ControlPlane)
    if plane.whole:
        if not ask(host, Cluster).answers:
            # It boots, or its runtime was just started again, or somebody stopped kubelet before.
            yield StringCommand("systemctl start kubelet.service")
            yield StringCommand(ANSWERS)
        return
    if plane.parts == len(PARTS) and not (plane.data or plane.unfinished):
        yield refuse(
            f"{host.name} has lost /var/lib/etcd, and all that the cluster knew with it: put an"
            " archive back (`make etcd-restore FILE=…`); or, if the cluster is not needed, `make"
            f" reset NODE={host.name}`"
        )
        return
    if plane.data and not plane.unfinished:
        yield refuse(
            f"{host.name} has the data of a cluster in /var/lib/etcd, and its control plane is not"
            f" whole under {HOME}: bring back what is missing; or, if the cluster is not needed,"
            f" `make reset NODE={host.name}`"
        )
        return
    yield StringCommand(shlex.join([ONCE, "init", config, str(port)]))


@operation()
def renew_certificates() -> Commands:
    """Have certificates of the control plane with 30 days left at least, and an API with them."""
    plane: ControlPlaneState = ask(host, ControlPlane)
    if plane.whole and plane.days_left < LEAST_DAYS:
        yield StringCommand(f"renew-certificates {LEAST_DAYS}")


@operation()
def join(
    node: str,
    control: Host,
    configuration: Callable[[Token, str, str], str],
    kubelet: File,
    controls: bool = False,
) -> Commands:
    """Have this machine be the node `node` of the cluster that `control` runs.

    `configuration` makes kubeadm's from a token, the sum of the cluster's authority and, where it
    `controls` the cluster as well, the key of the certificates; `kubelet` is what the cluster tells
    every kubelet.
    """
    here, plane = ask(host, Kubelet), ask(control, ControlPlane)
    if here.ca and not here.unfinished:
        if here.ca != plane.ca:
            yield refuse(
                f"{node} belongs to another cluster, at {here.server}: take it out there"
                f" (`kubectl delete node {node}`), `make reset NODE={host.name}`, and run again"
            )
            return
        cluster: ClusterState = ask(control, Cluster)
        if not cluster.answers:
            return
        if node in cluster.nodes:
            if controls and not ask(host, ControlPlane).whole:
                yield refuse(
                    f"{node} is no whole control plane any more, and its cluster goes on without"
                    f" it: `make remove-node NODE={node}`, and run again"
                )
            return
        # Taken out of the cluster, and not told so.
        yield StringCommand(f"touch {UNFINISHED}")
    yield from files.put._inner(files=[kubelet])
    yield _At(control, f"{KUBECTL} delete node {shlex.quote(node)} --ignore-not-found --wait=false")
    token = Token.new()
    end = datetime.now(UTC) + LIVES
    yield _At(control, f"{KUBECTL} create -f - >/dev/null", token.manifest(end))
    key = secrets.token_hex(32) if controls else ""
    if key:
        # One of that name that was here before is another one to etcd.
        yield _At(control, f"etcd-members --remove {shlex.quote(node)}")
        # With a token of kubeadm's own, which ends with them.
        yield _At(control, f"{UPLOAD} && {label_all()}", f"certificateKey: {key}\n")
    pin = ask(control, ControlPlane).ca
    try:
        yield StringCommand(f"{ONCE} join", _stdin=configuration(token, pin, key))
    finally:
        # Also when it failed; where this is not reached, a later run does it.
        delete = f"{KUBECTL} -n kube-system delete secret"
        run(control, f"{delete} bootstrap-token-{token.id} --ignore-not-found >/dev/null")
        if key:
            # kubeadm has made a token whose end is theirs.
            run(control, f"{delete} --field-selector type=bootstrap.kubernetes.io/token >/dev/null")
            run(control, f"{delete} kubeadm-certs --ignore-not-found >/dev/null")
