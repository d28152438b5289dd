"""Secrets: from the environment or from secrets.env, which only its owner may read."""

from __future__ import annotations

import re
import secrets
import string
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS_FILE = Path(__file__).resolve().parent.parent / "secrets.env"


def _harbor_password(secret: SecretStr) -> SecretStr:
    """Harbor's own rule (Account policy): 8 to 128 characters, one of each kind."""
    value = secret.get_secret_value()
    if not 8 <= len(value) <= 128:
        raise ValueError(f"{len(value)} characters long; Harbor accepts 8 to 128")
    if not all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        raise ValueError("Harbor wants an upper-case letter, a lower-case letter and a digit")
    return secret


class Secrets(BaseSettings):
    """Every secret by name; the environment (same names, any case) wins over secrets.env."""

    model_config = SettingsConfigDict(
        env_file=SECRETS_FILE, env_file_encoding="utf-8", extra="forbid", frozen=True
    )

    harbor_admin_password: Annotated[SecretStr, AfterValidator(_harbor_password)]
    # Only for machines whose sudo asks for a password; `make secrets` cannot know it.
    sudo_password: SecretStr | None = None


MADE = ("harbor_admin_password",)  # those that `make secrets` makes up


def strong() -> str:
    """A random password of 32 letters and digits (190 bits) that holds one of each kind."""
    alphabet = string.ascii_letters + string.digits
    while True:
        made = "".join(secrets.choice(alphabet) for _ in range(32))
        if re.search("[a-z]", made) and re.search("[A-Z]", made) and re.search("[0-9]", made):
            return made
