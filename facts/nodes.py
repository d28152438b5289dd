"""The cluster's nodes, and what is left on a machine that was one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from facts import Fact, told
from facts.kubernetes import ADMIN, API, SERVER

HOSTNAME = "kubernetes.io/hostname"
# Prints what makes a machine a node, one thing a line; nothing where it is none. What others have
# there as well, packages, Docker and data, is not among it.
REMAINS = r"""for path in /etc/kubernetes /run/flannel /var/lib/calico /var/lib/cni \
    /var/lib/etcd/member /var/lib/kubelet /etc/systemd/system/node-firewall.service; do
  [ ! -e "$path" ] || echo "$path"
done
find /etc/cni/net.d -type f 2>/dev/null
systemctl is-enabled kubelet.service 2>/dev/null | sed -n 's/^enabled$/kubelet starts at boot/p'
pgrep -x kubelet >/dev/null && echo 'kubelet runs'
ip -o link 2>/dev/null | grep -oE '(cni0|flannel\.1|vxlan\.calico|cali[0-9a-f]{11})\b'
{ iptables-save; ip6tables-save; } 2>/dev/null |
  grep -oE '^:(KUBE-|CNI-|FLANNEL-|cali-|NODE-FIREWALL)[^ ]*'
:"""


@dataclass(frozen=True)
class NodeState:
    """A node as the API server knows it."""

    ready: bool = False
    volumes: tuple[str, ...] = ()  # that can be on this node only
    kubelet: str = ""  # the version that runs there, without a v
    cordoned: bool = False


class Nodes(Fact[Mapping[str, NodeState]]):
    """Ask the API server, on the control plane, for nodes and what volumes hold them; by name."""

    @staticmethod
    def default() -> Mapping[str, NodeState]:
        return {}

    def command(self) -> str:
        return f"""
[ -f {ADMIN} ] || exit 0
at={SERVER}
printf 'nodes '; {API} "$at/api/v1/nodes?pretty=false" || exit 0
printf '\\nvolumes '; {API} "$at/api/v1/persistentvolumes?pretty=false"
:"""

    def process(self, output: Iterable[str]) -> Mapping[str, NodeState]:
        found = {kind: json.loads(text) for kind, text in told(output, "nodes", "volumes") if text}
        volumes = found.get("volumes", {}).get("items", [])
        return {
            node["metadata"]["name"]: NodeState(
                ready=_ready(node),
                volumes=tuple(_held(node, volumes)),
                kubelet=_kubelet(node),
                cordoned=node.get("spec", {}).get("unschedulable", False),
            )
            for node in found.get("nodes", {}).get("items", [])
        }


class Members(Fact[tuple[str, ...]]):
    """Ask etcd, where a control plane may be of several machines, which members it has."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return "! command -v etcd-members >/dev/null || etcd-members | sed 's/^/member /'; :"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(member.partition(" ")[0] for _, member in told(output, "member"))


class Remains(Fact[tuple[str, ...]]):
    """What is left on a machine of its being a node."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return f"{{ {REMAINS}\n}} | sed 's/^/left /'"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(remains for _, remains in told(output, "left"))


def _ready(node: Mapping[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _kubelet(node: Mapping[str, Any]) -> str:
    version: str = node.get("status", {}).get("nodeInfo", {}).get("kubeletVersion", "")
    return version.removeprefix("v")


def _held(node: Mapping[str, Any], volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The volumes that name this node as one of their places."""
    hostname = node["metadata"].get("labels", {}).get(HOSTNAME, node["metadata"]["name"])
    for volume in volumes:
        terms = volume["spec"].get("nodeAffinity", {}).get("required", {})
        rules = [
            rule
            for term in terms.get("nodeSelectorTerms", [])
            for rule in term.get("matchExpressions", [])
        ]
        if any(it["key"] == HOSTNAME and hostname in it.get("values", []) for it in rules):
            yield volume["metadata"]["name"]
