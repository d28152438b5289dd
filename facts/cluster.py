"""What the cluster has, and who was handed a kubeconfig of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from facts import Fact, told
from facts.kubernetes import ADMIN, API, HOME, KUBECTL, SERVER
from facts.users import home


@dataclass(frozen=True)
class ClusterState:
    """What the API server says; the default is one that does not answer."""

    answers: bool = False
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # labels, by name
    network: str = ""  # calico or flannel, whoever applied it
    applied: Mapping[str, str] = field(default_factory=dict)  # sums of manifests, by subject
    released: frozenset[str] = frozenset()  # volumes whose claim was deleted
    tokens: tuple[str, ...] = ()  # ours to join with, of runs that were cut off
    edited: str = ""  # the parts of the pod network, each with a number that an edit makes another


NETWORKS = {"calico-node": "calico", "kube-flannel-ds": "flannel"}
PROGRAMS = (*NETWORKS, "kube-router")  # which enforces policies beside flannel
JOINS = "platform/join"  # the label of tokens that are ours
CONFIGS = ("calico-config", "kube-flannel-cfg")
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
        tokens = f"secrets?fieldSelector=type%3Dbootstrap.kubernetes.io/token&labelSelector={JOINS}"
        record = f"namespaces/kube-system/configmaps/{RECORD}"
        return f"""
[ -f {ADMIN} ] || exit 0
at={SERVER}
printf 'nodes '; {API} {brief} "$at/api/v1/nodes?pretty=false" || exit 0
printf '\\nvolumes '; {API} "$at/api/v1/persistentvolumes?pretty=false"
printf '\\nnetworks '; {API} {brief} "$at/apis/apps/v1/daemonsets?pretty=false"
printf '\\nconfigs '; {API} {brief} "$at/api/v1/configmaps?pretty=false"
printf '\\ntokens '; {API} {brief} "$at/api/v1/namespaces/kube-system/{tokens}&pretty=false"
printf '\\napplied '; {API} "$at/api/v1/{record}?pretty=false"
:"""

    def process(self, output: Iterable[str]) -> ClusterState:
        rows = told(output, "nodes", "volumes", "networks", "configs", "tokens", "applied")
        found = {kind: json.loads(text) for kind, text in rows if text}
        if "nodes" not in found:
            return ClusterState()
        sets, configs = (
            {item["metadata"]["name"]: item["metadata"] for item in _items(found, kind)}
            for kind in ("networks", "configs")
        )
        edits = {name: it.get("generation") for name, it in sets.items() if name in PROGRAMS}
        # A configuration has no generation, and nobody writes it but who changes it.
        edits |= {name: it["resourceVersion"] for name, it in configs.items() if name in CONFIGS}
        return ClusterState(
            answers=True,
            nodes={
                item["metadata"]["name"]: item["metadata"].get("labels", {})
                for item in _items(found, "nodes")
            },
            network=next((NETWORKS[name] for name in sets if name in NETWORKS), ""),
            applied=found.get("applied", {}).get("data", {}),
            released=frozenset(
                item["metadata"]["name"]
                for item in _items(found, "volumes")
                if item.get("status", {}).get("phase") == "Released"
            ),
            tokens=tuple(item["metadata"]["name"] for item in _items(found, "tokens")),
            edited=" ".join(f"{name}={number}" for name, number in sorted(edits.items())),
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


# Prints the days that the token in the file "$1" has left, and the account that it was made for;
# nothing when it has no end.
LASTS = """lasts() {
  said=$(sed -n 's/.*{token: \\([^}]*\\)}.*/\\1/p' "$1" | cut -d . -f 2 | tr _- /+ |
    base64 --decode 2>/dev/null)
  end=$(echo "$said" | grep -o '"exp":[0-9]*' | cut -d : -f 2)
  uid=$(echo "$said" | grep -o '"uid":"[^"]*"')
  [ -z "$end" ] || echo "$(( (end - $(date +%s)) / 86400 ))" "$uid"
}"""


def grant(account: str, namespace: str, server: str) -> str:
    """Shell that prints a service account's kubeconfig, with $token, for work in a namespace."""
    blanks = {"ca": "%s", "token": "%s"}
    text = GRANT.format(account=account, namespace=namespace, server=server, **blanks)
    # printf is the shell's own: what it is told shows in no list of processes.
    return f'printf {shlex.quote(text)} "$(base64 --wrap=0 {HOME}/pki/ca.crt)" "$token"'


class AccountKubeconfig(Fact[int]):
    """How many days a user's kubeconfig of a service account is good for; 0 when it is another."""

    @staticmethod
    def default() -> int:
        return 0

    def command(
        self,
        account: str,
        account_namespace: str,
        namespace: str,
        server: str,
        user: str,
        path: str,
    ) -> str:
        made_for = f"api/v1/namespaces/{account_namespace}/serviceaccounts/{account}?pretty=false"
        return f"""{LASTS}
file={home(user)}/{path}
[ "$(stat -c '%a %U' "$file" 2>/dev/null)" = '600 {user}' ] || exit 0
token=$(sed -n 's/.*{{token: \\([^}}]*\\)}}.*/\\1/p' "$file")
{grant(account, namespace, server)} | cmp -s - "$file" || exit 0
uid=$({API} "{SERVER}/{made_for}" | grep -o -m 1 '"uid":"[^"]*"')
[ -z "$uid" ] || lasts "$file" | grep -F -- "$uid" | cut -d ' ' -f 1"""

    def process(self, output: Iterable[str]) -> int:
        (days,) = output
        return max(0, int(days))


class There(Fact[tuple[str, ...]]):
    """Which of these objects the cluster has, by their paths of its API."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, paths: Sequence[str]) -> str:
        self.paths = paths
        return f"""
[ -f {ADMIN} ] || exit 0
at={SERVER}
for path in {shlex.join(paths)}; do {API} -o /dev/null "$at$path" && echo "$path"; done; :"""

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        lines = set(output)
        return tuple(path for path in self.paths if path in lines)


# Prints each key of a Secret with its value, in base64.
EACH = "{{range $key, $value := .data}}{{$key}} {{$value}}{{println}}{{end}}"


class SecretSums(Fact[dict[str, str]]):
    """The sha256 of each value that a Secret holds, by its key; the values stay there."""

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def command(self, namespace: str, secret: str) -> str:
        return (
            f"[ ! -f {ADMIN} ] || {KUBECTL} -n {namespace} get secret {secret} --ignore-not-found"
            f" -o go-template={shlex.quote(EACH)} | while read -r key value; do"
            ' echo "$key $(echo "$value" | base64 -d | sha256sum | cut -c 1-64)"; done'
        )

    def process(self, output: Iterable[str]) -> dict[str, str]:
        rows = (line.split() for line in output if line.strip())
        return {key: sum_ for key, sum_ in rows}
