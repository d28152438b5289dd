"""What can be turned over, and which secrets were others before while that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from spec.secrets import SECRETS_FILE
from spec.secrets_file import read


@dataclass(frozen=True)
class Rotation:
    """What is turned over together."""

    secret: str  # in secrets.env; "" where a run makes it, and keeps it nowhere
    what: str


# As `make rotate` calls them.
ROTATIONS: Mapping[str, Rotation] = {
    "push": Rotation("harbor_push_secret", "what pipelines push images with"),
    "pull": Rotation("harbor_pull_secret", "what nodes pull images with"),
    "harbor": Rotation("harbor_admin_password", "the password of Harbor's administrator"),
    "database": Rotation("database_password", "what the application asks its database with"),
    "database-root": Rotation("database_root_password", "the database's administrator"),
    "encryption": Rotation("kubernetes_encryption_key", "the key of the cluster's Secrets"),
    "grafana": Rotation("grafana_password", "the password of Grafana's administrator"),
    "pipeline": Rotation("", "the pipeline's way into the cluster, kubeconfig-ci"),
}


def before_file() -> Path:
    """Where the old value is, until everything has the new one."""
    return SECRETS_FILE.with_name(f".{SECRETS_FILE.name}.before")


def before() -> dict[str, SecretStr]:
    """What secrets were before, by their names in secrets.env."""
    return {it.name: SecretStr(it.value) for it in read(before_file()) if it.value}
