"""The cluster: what kubeadm has made of a machine, and what the API server says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyinfra.api.facts import FactBase

HOME = "/etc/kubernetes"
ADMIN = f"{HOME}/admin.conf"
BEGUN = f"{HOME}/begun"  # stands while kubeadm is at work, and after one that was cut off
KUBECTL = f"kubectl --kubeconfig {ADMIN} --request-timeout=10s"
# Prints the sum of a public key, as kubeadm pins it, from the certificate on standard input.
PIN = (
    "openssl x509 -pubkey -noout 2>/dev/null | openssl pkey -pubin -outform DER 2>/dev/null |"
    " sha256sum | cut -c 1-64"
)
# What kubeadm makes and somebody must renew; its authorities last ten years.
CERTIFICATES = f"""for file in {HOME}/pki/*.crt {HOME}/pki/etcd/*.crt; do
  case $file in */ca.crt|*-ca.crt) ;; *) cat "$file" | seen "$file";; esac
done
grep -l client-certificate-data {HOME}/*.conf | while read -r file; do
  sed -n 's/.*client-certificate-data: //p' "$file" | base64 -d | seen "$file"
done"""


@dataclass(frozen=True)
class ControlPlaneState:
    """The control plane on a machine; the default is none."""

    begun: bool = False  # kubeadm did not come to its end
    parts: int = 0  # of PARTS, how many are there
    data: bool = False  # etcd keeps something
    version: str = ""  # of the API server that should run, without a v
    ca: str = ""  # the sum of the cluster's authority, as workers pin it
    days_left: int = 0  # until the first certificate ends

    @property
    def whole(self) -> bool:
        """Whether somebody made it to its end, with this tool or by hand."""
        return self.parts == len(PARTS) and self.data and not self.begun


PARTS = (
    "admin.conf",
    "kubelet.conf",
    "manifests/etcd.yaml",
    "manifests/kube-apiserver.yaml",
    "manifests/kube-controller-manager.yaml",
    "manifests/kube-scheduler.yaml",
)


class ControlPlane(FactBase[ControlPlaneState]):
    """Look at what kubeadm init has left on a machine."""

    @staticmethod
    def default() -> ControlPlaneState:
        return ControlPlaneState()

    def command(self) -> str:
        return rf"""
cd {HOME} 2>/dev/null || exit 0
[ ! -e {BEGUN} ] || echo 'begun yes'
for part in {" ".join(PARTS)}; do [ ! -s $part ] || echo "part $part"; done
[ ! -e /var/lib/etcd/member ] || echo 'data yes'
sed -n 's/^ *image: .*kube-apiserver:v\(.*\)/version \1/p' manifests/kube-apiserver.yaml 2>/dev/null
[ ! -f pki/ca.crt ] || echo "ca $(cat pki/ca.crt | {PIN})"
seen() {{
  end=$(openssl x509 -noout -enddate 2>/dev/null | cut -d= -f2) && end=$(date -d "$end" +%s) &&
    echo "days $(( (end - $(date +%s)) / 86400 ))"
}}
[ ! -f pki/ca.crt ] || {{ {CERTIFICATES}; }} 2>/dev/null | sort -k 2n | head -n 1
:"""

    def process(self, output: Iterable[str]) -> ControlPlaneState:
        rows = [line.strip().partition(" ")[::2] for line in output]
        found = dict(rows)
        return ControlPlaneState(
            begun="begun" in found,
            parts=sum(kind == "part" for kind, _ in rows),
            data="data" in found,
            version=found.get("version", ""),
            ca=found.get("ca", ""),
            days_left=int(found.get("days", 0)),
        )


@dataclass(frozen=True)
class KubeletState:
    """What ties a machine to a cluster; the default is nothing."""

    begun: bool = False
    server: str = ""  # the API server that kubelet talks to
    ca: str = ""  # the sum of the authority that it believes


class Kubelet(FactBase[KubeletState]):
    """Look at what kubeadm join has left on a machine."""

    @staticmethod
    def default() -> KubeletState:
        return KubeletState()

    def command(self) -> str:
        return rf"""
cd {HOME} 2>/dev/null || exit 0
[ ! -e {BEGUN} ] || echo 'begun yes'
[ -f kubelet.conf ] || exit 0
sed -n 's/^ *server: /server /p' kubelet.conf
echo "ca $(sed -n 's/^ *certificate-authority-data: //p' kubelet.conf | base64 -d | {PIN})" """

    def process(self, output: Iterable[str]) -> KubeletState:
        found = dict(line.strip().partition(" ")[::2] for line in output)
        return KubeletState("begun" in found, found.get("server", ""), found.get("ca", ""))


@dataclass(frozen=True)
class ClusterState:
    """What the API server says; the default is one that does not answer."""

    answers: bool = False
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # labels, by name
    network: str = ""  # calico or flannel, whoever applied it
    applied: Mapping[str, str] = field(default_factory=dict)  # sums of manifests, by subject


NETWORKS = {"calico-node": "calico", "kube-flannel-ds": "flannel"}
RECORD = "threebody-applied"  # the ConfigMap that keeps what was applied, in kube-system


class Cluster(FactBase[ClusterState]):
    """Ask the API server, as administrator on the control plane, for all that tasks compare."""

    @staticmethod
    def default() -> ClusterState:
        return ClusterState()

    def command(self) -> str:
        nodes = r'{range .items[*]}node {.metadata.name} {.metadata.labels}{"\n"}{end}'
        networks = r'{range .items[*]}network {.metadata.name}{"\n"}{end}'
        return f"""
[ -f {ADMIN} ] && command -v kubectl >/dev/null || exit 0
{KUBECTL} get nodes -o jsonpath={shlex.quote(nodes)} 2>/dev/null && echo answers || exit 0
{KUBECTL} get daemonsets -A -o jsonpath={shlex.quote(networks)} 2>/dev/null
{KUBECTL} -n kube-system get configmap {RECORD} --ignore-not-found \
  -o jsonpath='applied {{.data}}' 2>/dev/null
:"""

    def process(self, output: Iterable[str]) -> ClusterState:
        nodes: dict[str, dict[str, str]] = {}
        network, applied, answers = "", {}, False
        for line in output:
            kind, _, rest = line.partition(" ")
            if kind == "node":
                name, _, labels = rest.partition(" ")
                nodes[name] = json.loads(labels or "{}")
            elif kind == "network":
                network = network or NETWORKS.get(rest.strip(), "")
            elif kind == "applied":
                applied = json.loads(rest or "{}")
            answers = answers or line == "answers"
        return ClusterState(answers, nodes, network, applied)


class Same(FactBase[bool]):
    """Whether the cluster has exactly what a manifest says; False also when it cannot be asked."""

    @staticmethod
    def default() -> bool:
        return False

    def command(self, manifest: str) -> str:
        diff = f"{KUBECTL} diff --server-side --force-conflicts -f -"
        return (
            f"[ -f {ADMIN} ] && printf %s {shlex.quote(manifest)} | {diff} >/dev/null 2>&1"
            " && echo same; :"
        )

    def process(self, output: Iterable[str]) -> bool:
        return "same" in (line.strip() for line in output)


class Copies(FactBase[dict[str, bool]]):
    """Which users have the administrator's kubeconfig as it is now, for them alone."""

    @staticmethod
    def default() -> dict[str, bool]:
        return {}

    def command(self, users: Sequence[str]) -> str:
        return (
            "".join(
                f"home=$(getent passwd {user} | cut -d: -f6); "
                f'cmp -s {ADMIN} "$home/.kube/config" && '
                f"""[ "$(stat -c '%a %U' "$home/.kube/config")" = '600 {user}' ] && echo {user}; """
                for user in users
            )
            + ":"
        )

    def process(self, output: Iterable[str]) -> dict[str, bool]:
        return {line.strip(): True for line in output}


# A kubeconfig of a service account, whose token shows in no command line.
GRANT = """apiVersion: v1
kind: Config
current-context: ci
contexts: [{{name: ci, context: {{cluster: platform, user: {account}, namespace: {namespace}}}}}]
clusters: [{{name: platform, cluster: {{server: "{server}",
  certificate-authority-data: {ca}}}}}]
users: [{{name: {account}, user: {{token: {token}}}}}]
"""


def grant(account: str, namespace: str, server: str) -> str:
    """Shell that prints a kubeconfig for a service account, from its Secret `<account>-token`."""
    text = GRANT.format(
        account=account,
        namespace=namespace,
        server=server,
        ca='{{index .data "ca.crt"}}',
        token="{{.data.token | base64decode}}",  # noqa: S106 - where it is found
    )
    secret = f"{KUBECTL} -n {namespace} get secret {account}-token"
    return f"{secret} -o go-template={shlex.quote(text)}"


class Granted(FactBase[bool]):
    """Whether a user has the kubeconfig of a service account as its Secret is now."""

    @staticmethod
    def default() -> bool:
        return False

    def command(self, account: str, namespace: str, server: str, user: str, path: str) -> str:
        return (
            f'file=$(getent passwd {user} | cut -d: -f6)/{path}; [ -f "$file" ] && '
            f'{grant(account, namespace, server)} 2>/dev/null | cmp -s - "$file" && '
            f"""[ "$(stat -c '%a %U' "$file")" = '600 {user}' ] && echo same; :"""
        )

    def process(self, output: Iterable[str]) -> bool:
        return "same" in (line.strip() for line in output)
