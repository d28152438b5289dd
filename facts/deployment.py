"""The version of the application that is deployed."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact
from facts.kubernetes import ADMIN, KUBECTL


@dataclass(frozen=True)
class Deployment:
    """One of its Deployments."""

    name: str
    ready: int
    wanted: int
    since: str  # when its last rollout came to its end, or moved at all; as Kubernetes writes times
    images: tuple[str, ...]


class Deployments(Fact[tuple[Deployment, ...]]):
    """Ask the API server for those of a namespace, on the control plane."""

    @staticmethod
    def default() -> tuple[Deployment, ...]:
        return ()

    def command(self, namespace: str) -> str:
        rollout = '.status.conditions[?(@.type=="Progressing")].lastUpdateTime'
        fields = (".metadata.name", ".status.readyReplicas", ".spec.replicas", rollout)
        told = "|".join(f"{{{it}}}" for it in (*fields, ".spec.template.spec.containers[*].image"))
        path = shlex.quote(f'{{range .items[*]}}{told}{{"\\n"}}{{end}}')
        return (
            f"[ ! -f {ADMIN} ] ||"
            f" {KUBECTL} -n {namespace} get deployments -o jsonpath={path} 2>/dev/null || :"
        )

    def process(self, output: Iterable[str]) -> tuple[Deployment, ...]:
        rows = (line.split("|") for line in output)
        return tuple(
            Deployment(name, int(ready or 0), int(wanted), since, tuple(images.split()))
            for name, ready, wanted, since, images in rows
        )
