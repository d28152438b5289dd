"""kubeadm: a control plane that is begun once, workers that join it, certificates that last."""

from __future__ import annotations

import json
import secrets
import shlex
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host

from facts.asking import ask
from facts.cluster import Cluster, ClusterState
from facts.files import Content, Paths, PathState
from facts.kubernetes import BEGUN, HOME, KUBECTL, PARTS, ControlPlane, ControlPlaneState, Kubelet
from operations import Commands, files, operation, refuse, run, until
from operations.files import File
from spec.certificate import LEAST_DAYS

ONCE = "/usr/local/sbin/kubeadm-once"
TOKEN_LIVES = timedelta(hours=1)
ANSWERS_WITHIN = 180  # seconds, after a boot
ANSWERS = (
    f"{until(f'said=$({KUBECTL} get --raw /readyz 2>&1)', ANSWERS_WITHIN)} ||"
    f' {{ echo "the Kubernetes API does not answer within {ANSWERS_WITHIN} s: $said;'
    ' see journalctl -u kubelet, crictl ps -a" >&2; exit 1; }'
)


@dataclass(frozen=True)
class Token:
    """A bootstrap token: who has it may ask to become a node, for an hour."""

    id: str
    secret: str

    @staticmethod
    def new() -> Token:
        """One that nobody can guess, in the two parts that Kubernetes wants."""
        alphabet = string.ascii_lowercase + string.digits
        id_, secret = ("".join(secrets.choice(alphabet) for _ in range(n)) for n in (6, 16))
        return Token(id_, secret)

    def __str__(self) -> str:
        return f"{self.id}.{self.secret}"

    def manifest(self, end: datetime) -> str:
        """The Secret that makes the API server know it."""
        name = f"bootstrap-token-{self.id}"
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "bootstrap.kubernetes.io/token",
                "metadata": {"name": name, "namespace": "kube-system"},
                "stringData": {
                    "token-id": self.id,
                    "token-secret": self.secret,
                    "expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "usage-bootstrap-authentication": "true",
                    "usage-bootstrap-signing": "true",
                    "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
                },
            }
        )


class _At(StringCommand):
    """A command for another machine than the one whose turn it is."""

    def __init__(self, machine: Host, command: str, stdin: str = "") -> None:
        super().__init__(command, _stdin=stdin)
        self.machine = machine

    def execute(self, state, host, connector_arguments):  # type: ignore[no-untyped-def]
        return super().execute(state, self.machine, connector_arguments)


@operation()
def described(encryption: File, config: File, kubelet: File, version: str) -> Commands:
    """Have what a cluster is made from on the machine; one that is there was made from the same.

    Settings that count only when a cluster is made are refused when they change after it. What may
    change of one that runs is left to those who change it.
    """
    plane = ask(host, ControlPlane)
    if plane.whole and plane.version != version:
        yield refuse(
            f"the cluster runs Kubernetes {plane.version}, and kubernetes_version is {version}: a"
            " run does not upgrade a cluster; do it with `kubeadm upgrade`, one minor version at a"
            " time, then set kubernetes_version to what runs"
        )
        return
    paths = [file.path for file in (encryption, config, kubelet)]
    found = {path: PathState() for path in paths} | ask(host, Paths, paths=paths)
    was = {f: plane.whole and found[f.path].kind == "file" for f in (encryption, config)}
    if was[encryption] and not encryption.same_content(found[encryption.path]):
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
    wanted, found = _lasting(config), _lasting(was)
    names, known = (set(told.pop("names", None) or ()) for told in (wanted, found))
    return wanted == found and names <= known


def _lasting(config: str) -> dict[str, Any]:
    """What of kubeadm's documents counts when a cluster is made, and never again."""
    try:
        told = {document["kind"]: document for document in yaml.safe_load_all(config)}
        begin, cluster = told["InitConfiguration"], told["ClusterConfiguration"]
    except (yaml.YAMLError, LookupError, TypeError):
        return {}  # somebody's own words
    return {
        "node": begin.get("nodeRegistration", {}).get("name"),
        "at": begin.get("localAPIEndpoint"),
        "networking": cluster.get("networking"),
        "images": cluster.get("imageRepository"),
        "names": cluster.get("apiServer", {}).get("certSANs"),
        "kube-proxy": told.get("KubeProxyConfiguration"),
    }


@operation()
def initialised(config: str, port: int) -> Commands:
    """Have a control plane that answers, made from `config`: half of one is done again."""
    plane = ask(host, ControlPlane)
    if plane.whole:
        if not ask(host, Cluster).answers:
            # It boots, or its runtime was just started again, or somebody stopped kubelet before.
            yield StringCommand("systemctl start kubelet.service")
            yield StringCommand(ANSWERS)
        return
    if plane.parts == len(PARTS) and not (plane.data or plane.begun):
        yield refuse(
            f"{host.name} has lost /var/lib/etcd, and all that the cluster knew with it: put an"
            " archive back (`make etcd-restore FILE=…`); or, if the cluster is not needed, run"
            " `kubeadm reset` there"
        )
        return
    if plane.data and not plane.begun:
        yield refuse(
            f"{host.name} has the data of a cluster in /var/lib/etcd, and its control plane is not"
            f" whole under {HOME}: bring back what is missing; or, if the cluster is not needed,"
            " run `kubeadm reset` there"
        )
        return
    yield StringCommand(shlex.join([ONCE, "init", config, str(port)]))


@operation()
def renewed() -> Commands:
    """Have certificates of the control plane with 30 days left at least, and an API with them."""
    plane: ControlPlaneState = ask(host, ControlPlane)
    if plane.whole and plane.days_left < LEAST_DAYS:
        yield StringCommand(f"renew-certificates {LEAST_DAYS}")


@operation()
def joined(
    node: str, control: Host, configuration: Callable[[Token, str], str], kubelet: File
) -> Commands:
    """Have this machine be the node `node` of the cluster that `control` runs.

    `configuration` makes kubeadm's from a token and the sum of the cluster's authority; `kubelet`
    is what the cluster tells every kubelet.
    """
    here, plane = ask(host, Kubelet), ask(control, ControlPlane)
    if here.ca and not here.begun:
        if here.ca != plane.ca:
            yield refuse(
                f"{node} belongs to another cluster, at {here.server}: take it out there"
                f" (`kubectl delete node {node}`), run `kubeadm reset` on it, and run again"
            )
            return
        cluster: ClusterState = ask(control, Cluster)
        if not cluster.answers or node in cluster.nodes:
            return
        # Taken out of the cluster, and not told so.
        yield StringCommand(f"touch {BEGUN}")
    yield from files.put._inner(files=[kubelet])
    yield _At(control, f"{KUBECTL} delete node {shlex.quote(node)} --ignore-not-found --wait=false")
    token = Token.new()
    end = datetime.now(UTC) + TOKEN_LIVES
    yield _At(control, f"{KUBECTL} create -f - >/dev/null", token.manifest(end))
    pin = ask(control, ControlPlane).ca
    try:
        yield StringCommand(f"{ONCE} join", _stdin=configuration(token, pin))
    finally:
        # Also when it failed; and where this is not reached, it ends within the hour.
        run(
            control,
            f"{KUBECTL} -n kube-system delete secret bootstrap-token-{token.id}"
            " --ignore-not-found >/dev/null",
        )
