"""How far an upgrade of Kubernetes is, and who asks for what it would end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact, told
from facts.kubernetes import ADMIN, API, SERVER

METRIC = "apiserver_requested_deprecated_apis"


@dataclass(frozen=True)
class DeprecatedApi:
    """An API that somebody has asked for since the API server was started."""

    name: str  # flowschemas of flowcontrol.apiserver.k8s.io/v1beta3
    removed: str  # the line without it, 1.32; "" while none is known


@dataclass(frozen=True)
class UpgradeState:
    """How the API server stands; the default is one that does not answer."""

    proxy: str = ""  # kube-proxy's version: kubeadm upgrades that last
    deprecated: tuple[DeprecatedApi, ...] = ()


class Upgrade(Fact[UpgradeState]):
    """Ask the API server, on the control plane, how far an upgrade is and what it would end."""

    @staticmethod
    def default() -> UpgradeState:
        return UpgradeState()

    def command(self) -> str:
        proxy = "apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy?pretty=false"
        return f"""
[ -f {ADMIN} ] || exit 0
at={SERVER}
{API} "$at/{proxy}" | grep -o -m 1 'kube-proxy:v[0-9.]*' | sed -n '1s/.*:v/proxy /p'
{API} "$at/metrics" | sed -n 's/^{METRIC}{{/deprecated /p'
:"""

    def process(self, output: Iterable[str]) -> UpgradeState:
        rows = told(output, "proxy", "deprecated")
        return UpgradeState(
            proxy=dict(rows).get("proxy", ""),
            deprecated=tuple(_api(text) for kind, text in rows if kind == "deprecated"),
        )


def _api(labels: str) -> DeprecatedApi:
    """From the labels of a metric (kubernetes.io, "Deprecated API Migration Guide")."""
    found = dict(re.findall(r'(\w+)="([^"]*)"', labels))
    group = "/".join(filter(None, (found["group"], found["version"])))
    return DeprecatedApi(f"{found['resource']} of {group}", found["removed_release"])
