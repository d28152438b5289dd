"""What the cluster has, and who was handed a kubeconfig of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from facts import Fact, told
from facts.kubernetes import ADMIN, API, KUBECTL
from facts.users import home


@dataclass(frozen=True)
class ClusterState:
    """What the API server says; the default is one that does not answer."""

    answers: bool = False
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # labels, by name
    network: str = ""  # calico or flannel, whoever applied it
    applied: Mapping[str, str] = field(default_factory=dict)  # sums of manifests, by subject


NETWORKS = {"calico-node": "calico", "kube-flannel-ds": "flannel"}
RECORD = "threebody-applied"  # the ConfigMap that keeps what was applied, in kube-system


class Cluster(Fact[ClusterState]):
    """Ask the API server, as administrator on the control plane, for all that tasks compare."""

    @staticmethod
    def default() -> ClusterState:
        return ClusterState()

    def command(self) -> str:
        # Of nodes and the like what a list of them shows; all else about them is long. Without the
        # `pretty` the API server breaks lines for curl.
        brief = "-H 'Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'"
        record = f"namespaces/kube-system/configmaps/{RECORD}"
        return f"""
[ -f {ADMIN} ] || exit 0
at=$(sed -n 's/^ *server: //p' {ADMIN})
printf 'nodes '; {API} {brief} "$at/api/v1/nodes?pretty=false" || exit 0
printf '\\nnetworks '; {API} {brief} "$at/apis/apps/v1/daemonsets?pretty=false"
printf '\\napplied '; {API} "$at/api/v1/{record}?pretty=false"
:"""

    def process(self, output: Iterable[str]) -> ClusterState:
        rows = told(output, "nodes", "networks", "applied")
        found = {kind: json.loads(text) for kind, text in rows if text}
        if "nodes" not in found:
            return ClusterState()
        names = [item["metadata"]["name"] for item in _items(found, "networks")]
        return ClusterState(
            answers=True,
            nodes={
                item["metadata"]["name"]: item["metadata"].get("labels", {})
                for item in _items(found, "nodes")
            },
            network=next((NETWORKS[name] for name in names if name in NETWORKS), ""),
            applied=found.get("applied", {}).get("data", {}),
        )


def _items(found: Mapping[str, Any], kind: str) -> list[Any]:
    items: list[Any] = found.get(kind, {}).get("items") or []
    return items


class Same(Fact[bool]):
    """Whether the cluster has exactly what manifests say; False also when it cannot be asked."""

    @staticmethod
    def default() -> bool:
        return False

    def command(self, manifests: Sequence[str]) -> str:
        diff = f"{KUBECTL} diff --server-side --force-conflicts -f -"
        text = "---\n".join(manifests)
        return (
            f"[ -f {ADMIN} ] && printf %s {shlex.quote(text)} | {diff} >/dev/null 2>&1"
            " && echo same; :"
        )

    def process(self, output: Iterable[str]) -> bool:
        return "same" in (line.strip() for line in output)


class Copies(Fact[dict[str, bool]]):
    """Which users have the administrator's kubeconfig as it is now, for them alone."""

    @staticmethod
    def default() -> dict[str, bool]:
        return {}

    def command(self, users: Sequence[str]) -> str:
        self.users = users
        return (
            "".join(
                f"home={home(user)}; "
                f'cmp -s {ADMIN} "$home/.kube/config" && '
                f"""[ "$(stat -c '%a %U' "$home/.kube/config")" = '600 {user}' ] && echo {user}; """
                for user in users
            )
            + ":"
        )

    def process(self, output: Iterable[str]) -> dict[str, bool]:
        lines = set(output)
        return {user: True for user in self.users if user in lines}


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


class Granted(Fact[bool]):
    """Whether a user has the kubeconfig of a service account as its Secret is now."""

    @staticmethod
    def default() -> bool:
        return False

    def command(self, account: str, namespace: str, server: str, user: str, path: str) -> str:
        return (
            f'file={home(user)}/{path}; [ -f "$file" ] && '
            f'{grant(account, namespace, server)} 2>/dev/null | cmp -s - "$file" && '
            f"""[ "$(stat -c '%a %U' "$file")" = '600 {user}' ] && echo same; :"""
        )

    def process(self, output: Iterable[str]) -> bool:
        return "same" in (line.strip() for line in output)


class Kubeconfig(Fact[str]):
    """The sum of a kubeconfig in a user's home, were its server this one; "" without the file."""

    @staticmethod
    def default() -> str:
        return ""

    def command(self, user: str, path: str, server: str) -> str:
        return (
            f'file={home(user)}/{path}; [ ! -f "$file" ] || '
            f"""sed 's|^\\([[:space:]]*server: \\).*|\\1{server}|' "$file" | sha256sum"""
        )

    def process(self, output: Iterable[str]) -> str:
        ((sum_, _),) = map(str.split, output)
        return sum_
