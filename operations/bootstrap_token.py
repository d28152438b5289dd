"""Bootstrap tokens: who has one may join the cluster, so that none outlives the join it is for."""

from __future__ import annotations

import json
import secrets
import shlex
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.cluster import JOINS, Cluster
from facts.kubernetes import KUBECTL
from operations import Commands, operation

LIVES = timedelta(hours=1)


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
                "metadata": {"name": name, "namespace": "kube-system", "labels": {JOINS: "token"}},
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


def label_all() -> str:
    """Shell that makes every token in the cluster one of ours."""
    tokens = "secrets --field-selector type=bootstrap.kubernetes.io/token"
    return f"{KUBECTL} -n kube-system label {tokens} {JOINS}=token --overwrite >/dev/null"


@operation()
def forget() -> Commands:
    """Have none of ours left: a run that was cut off could not remove its own."""
    if left := ask(host, Cluster).tokens:
        words = f"delete secret {shlex.join(left)} --ignore-not-found"
        yield StringCommand(f"{KUBECTL} -n kube-system {words} >/dev/null")
