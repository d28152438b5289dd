"""Secrets: from the environment or from secrets.env, which only its owner may read."""

from __future__ import annotations

import re
import secrets
import string
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

RUNNER_TOKEN_LEAST = 20  # shorter ones crash gitlab-runner, and GitLab makes none
SECRETS_FILE = Path(__file__).resolve().parent.parent / "secrets.env"


def _harbor_password(secret: SecretStr) -> SecretStr:
    """Harbor's own rule (Account policy): 8 to 128 characters, one of each kind."""
    value = secret.get_secret_value()
    if not 8 <= len(value) <= 128:
        raise ValueError(f"{len(value)} characters long; Harbor accepts 8 to 128")
    if not all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        raise ValueError("Harbor wants an upper-case letter, a lower-case letter and a digit")
    return secret


def _harbor_plain(secret: SecretStr) -> SecretStr:
    """The same for a secret that nobody types: letters and digits need quoting nowhere."""
    if not secret.get_secret_value().isalnum() or not secret.get_secret_value().isascii():
        raise ValueError("letters and digits only; `make secrets` makes a strong one")
    return _harbor_password(secret)


def _long(secret: SecretStr) -> SecretStr:
    """One that no one can guess, of letters and digits."""
    value = secret.get_secret_value()
    if len(value) < 20 or not value.isalnum() or not value.isascii():
        raise ValueError("20 letters and digits at least; `make secrets` makes a strong one")
    return secret


def _runner_token(secret: SecretStr) -> SecretStr:
    """An authentication token of one runner, as GitLab shows it once when the runner is made."""
    value = secret.get_secret_value()
    if value.startswith("GR1348941"):
        raise ValueError(
            "a registration token, which GitLab no longer takes; make a runner in GitLab"
            " (Settings > CI/CD > Runners) and use the token that it shows, glrt-…"
        )
    if len(value) < RUNNER_TOKEN_LEAST:
        raise ValueError(
            f"{len(value)} characters long; an authentication token of a runner has"
            f" {RUNNER_TOKEN_LEAST} at least"
        )
    if not re.fullmatch(r"[\w.-]+", value, re.ASCII):
        raise ValueError("holds more than letters, digits, '_', '-' and '.'; was it cut or quoted?")
    return secret


class Secrets(BaseSettings):
    """Every secret by name; the environment (same names, any case) wins over secrets.env."""

    model_config = SettingsConfigDict(
        env_file=SECRETS_FILE,
        env_file_encoding="utf-8",
        extra="forbid",
        frozen=True,
        # A variable that is set to nothing, as CI systems do, is one that is not set.
        env_ignore_empty=True,
    )

    # Counts at the first installation; afterwards it must be the one that Harbor has.
    harbor_admin_password: Annotated[SecretStr, AfterValidator(_harbor_password)]
    harbor_database_password: Annotated[SecretStr, AfterValidator(_harbor_plain)]
    # Of the robot accounts that push (CI) and pull (Kubernetes).
    harbor_push_secret: Annotated[SecretStr, AfterValidator(_harbor_plain)]
    harbor_pull_secret: Annotated[SecretStr, AfterValidator(_harbor_plain)]
    # What the cluster's Secrets are encrypted with at rest; counts when the cluster is made.
    kubernetes_encryption_key: Annotated[SecretStr, AfterValidator(_long)]
    # Only for machines whose sudo asks for a password; `make secrets` cannot know it.
    sudo_password: SecretStr | None = None
    # GitLab makes it, with the runner; without it the runner is installed and waits.
    runner_token: Annotated[SecretStr, AfterValidator(_runner_token)] | None = None


MADE = (  # those that `make secrets` makes up
    "harbor_admin_password",
    "harbor_database_password",
    "harbor_push_secret",
    "harbor_pull_secret",
    "kubernetes_encryption_key",
)


def strong() -> str:
    """A random password of 32 letters and digits (190 bits) that holds one of each kind."""
    alphabet = string.ascii_letters + string.digits
    while True:
        made = "".join(secrets.choice(alphabet) for _ in range(32))
        if re.search("[a-z]", made) and re.search("[A-Z]", made) and re.search("[0-9]", made):
            return made
