"""Secrets: from the environment or from secrets.env, which only its owner may read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from spec.errors import Mistake, Refused
from spec.names import webhook
from spec.secrets_file import doubts, keep, read

RUNNER_TOKEN_LEAST = 20  # shorter ones crash gitlab-runner, and GitLab makes none
CHECKOUT = Path(__file__).resolve().parent.parent
# A checkout's own, unless THREEBODY_SECRETS names another one: each lab has its own.
_invented: dict[str, str] = {}
SECRETS_FILE = Path(os.environ.get("THREEBODY_SECRETS") or CHECKOUT / "secrets.env")


def _harbor_password(secret: SecretStr) -> SecretStr:
    """Harbor's own rule (Account policy): 8 to 128 characters, one of each kind."""
    value = secret.get_secret_value()
    if not 8 <= len(value) <= 128:
        raise ValueError(f"{len(value)} characters long; Harbor accepts 8 to 128")
    if not all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        raise ValueError("Harbor wants an upper-case letter, a lower-case letter and a digit")
    return secret


def _harbor_typed(secret: SecretStr) -> SecretStr:
    """The same for one that Harbor hands to Compose in a file, without quotes (harbor#16372)."""
    value = secret.get_secret_value()
    signs = [sign for sign in "$#'\"`\\" if sign in value]
    signs += ["a blank"] if re.search(r"\s", value) else []
    if not signs and not re.fullmatch("[!-~]*", value):
        signs = ["more than ASCII"]
    if signs:
        raise ValueError(
            f"holds {' and '.join(signs)}, which Compose takes apart, so that nobody could log in:"
            " use letters, digits and ! % & ( ) * + , - . / : ; < = > ? @ [ ] ^ _ { | } ~"
        )
    return _harbor_password(secret)


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


def _laravel_key(secret: SecretStr) -> SecretStr:
    """As Laravel takes it: 32 bytes, in base64."""
    kind, _, value = secret.get_secret_value().partition(":")
    try:
        length = len(base64.b64decode(value, validate=True))
    except binascii.Error:
        length = 0
    if (kind, length) != ("base64", 32):
        raise ValueError("not base64: and 32 bytes; `make secrets` makes a strong one")
    return secret


def _runner_token(secret: SecretStr) -> SecretStr:
    """An authentication token of one runner, as GitLab shows it once when the runner is made."""
    value = secret.get_secret_value()
    if value.startswith("GR1348941"):
        raise ValueError(
            "a registration token, which GitLab no longer takes; make a runner in GitLab"
            " (Settings > CI/CD > Runners) and use the token that it shows, glrt-…"
        )
    if value.startswith("glpat-"):
        raise ValueError("a personal access token, which is gitlab_token; a runner's is glrt-…")
    if len(value) < RUNNER_TOKEN_LEAST:
        raise ValueError(
            f"{len(value)} characters long; an authentication token of a runner has"
            f" {RUNNER_TOKEN_LEAST} at least"
        )
    if not re.fullmatch(r"[\w.-]+", value, re.ASCII):
        raise ValueError("holds more than letters, digits, '_', '-' and '.'; was it cut or quoted?")
    return secret


def _gitlab_token(secret: SecretStr) -> SecretStr:
    """A token of a person's, as GitLab shows it once when it is made."""
    value = secret.get_secret_value()
    if value.startswith(("glrt-", "GR1348941")):
        raise ValueError("a runner's token, which is runner_token; a personal one is glpat-…")
    if not re.fullmatch("[!-~]*", value):
        raise ValueError("holds a blank, or more than ASCII; was it cut or quoted?")
    return secret


def _webhook(secret: SecretStr) -> SecretStr:
    """An address that takes alerts, with whatever it is kept secret by."""
    webhook(secret.get_secret_value())
    return secret


class Secrets(BaseSettings):
    """Every secret by name; the environment (same names, any case) wins over secrets.env."""

    model_config = SettingsConfigDict(
        env_file=SECRETS_FILE,
        extra="forbid",
        frozen=True,
        # A variable that is set to nothing, as CI systems do, is one that is not set.
        env_ignore_empty=True,
    )

    # Counts at the first installation; afterwards it must be the one that Harbor has.
    harbor_admin_password: Annotated[SecretStr, AfterValidator(_harbor_typed)]
    harbor_database_password: Annotated[SecretStr, AfterValidator(_harbor_plain)]
    # Of the robot accounts that push (CI) and pull (Kubernetes).
    harbor_push_secret: Annotated[SecretStr, AfterValidator(_harbor_plain)]
    harbor_pull_secret: Annotated[SecretStr, AfterValidator(_harbor_plain)]
    # What the cluster's Secrets are encrypted with at rest; counts when the cluster is made.
    kubernetes_encryption_key: Annotated[SecretStr, AfterValidator(_long)]
    # Of the application: its database's administrator (counts when the database is made), its own
    # password there, and what Laravel encrypts with.
    database_root_password: Annotated[SecretStr, AfterValidator(_long)]
    database_password: Annotated[SecretStr, AfterValidator(_long)]
    laravel_key: Annotated[SecretStr, AfterValidator(_laravel_key)]
    # Of Grafana's user admin, where there is a monitoring.
    grafana_password: Annotated[SecretStr, AfterValidator(_long)]
    # Where alerts are posted to; whoever knows such an address may write there. Without it, and
    # without monitoring_mail, nobody is told of them.
    alert_webhook: Annotated[SecretStr, AfterValidator(_webhook)] | None = None
    # Of the user of monitoring_mail, where that has one.
    alert_mail_password: SecretStr | None = None
    # Only for machines whose sudo asks for a password; `make secrets` cannot know it.
    sudo_password: SecretStr | None = None
    # GitLab makes it, with the runner; without it the runner is installed and waits. With
    # gitlab_token a run makes the runner, and keeps its token here.
    runner_token: Annotated[SecretStr, AfterValidator(_runner_token)] | None = None
    # A personal access token with the scope api; without it the project is set up by hand.
    gitlab_token: Annotated[SecretStr, AfterValidator(_gitlab_token)] | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file as `secrets_file` reads it: a $ is a dollar."""
        path = cls.model_config["env_file"]
        assert isinstance(path, Path)
        found = {entry.name: entry.value for entry in read(path) if entry.value}
        made = InitSettingsSource(settings_cls, dict(_invented))
        return env_settings, InitSettingsSource(settings_cls, found), made


def strong() -> str:
    """A random password of 32 letters and digits (190 bits) that holds one of each kind."""
    alphabet = string.ascii_letters + string.digits
    while True:
        made = "".join(secrets.choice(alphabet) for _ in range(32))
        if re.search("[a-z]", made) and re.search("[A-Z]", made) and re.search("[0-9]", made):
            return made


def laravel_key() -> str:
    """A random key, as `php artisan key:generate` makes one."""
    return f"base64:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def cipher_key(secret: SecretStr) -> str:
    """A secret of any length as the key that the cluster's cipher takes."""
    return base64.b64encode(hashlib.sha256(secret.get_secret_value().encode()).digest()).decode()


# Those that `make secrets` makes up, and how.
MADE: Mapping[str, Callable[[], str]] = {
    "harbor_admin_password": strong,
    "harbor_database_password": strong,
    "harbor_push_secret": strong,
    "harbor_pull_secret": strong,
    "kubernetes_encryption_key": strong,
    "database_root_password": strong,
    "database_password": strong,
    "laravel_key": laravel_key,
    "grafana_password": strong,
}


def make_missing(path: Path) -> list[str]:
    """Have every secret that can be made up in a file, or in the environment; names the new ones.

    Never touches one that is there; raises Refused, and writes nothing, where it cannot tell.
    """
    if mistakes := doubts(path):
        told = [Mistake("secrets", name, "", reason) for name, reason in mistakes.items()]
        raise Refused(f"{path.name} is not what it seems; nothing was written.", told)
    made = _made_up(path)
    if made or (path.exists() and not read(path)):
        keep(made, path)
    return list(made)


def invent(path: Path) -> None:
    """Know every missing secret that can be made up, for this run; nothing is written."""
    _invented.clear()
    if not doubts(path):
        _invented.update(_made_up(path))


def invented() -> dict[str, str]:
    """Those that were made up for this run, and are nowhere yet."""
    return dict(_invented)


def forget_invented() -> None:
    """They are somewhere by now."""
    _invented.clear()


def _made_up(path: Path) -> dict[str, str]:
    present = {entry.name for entry in read(path) if entry.value}
    missing = [name for name in MADE if name not in present and not os.environ.get(name.upper())]
    return {name: MADE[name]() for name in missing}
