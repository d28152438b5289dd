"""E-mail that alerts are sent by: which server takes it, from whom it comes, who reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, StrictBool, model_validator

from spec.errors import Mistake
from spec.names import NAME, Host
from spec.types import Entry, Port, some

if TYPE_CHECKING:
    from spec.secrets import Secrets


# Of SMTP over TLS; on any other TLS begins by STARTTLS.
TLS_PORT = 465


def _address(value: str) -> str:
    local, _, domain = value.rpartition("@")
    if not re.fullmatch(r"[A-Za-z0-9._%+-]+", local) or not re.fullmatch(NAME, domain.lower()):
        raise ValueError("not an address of e-mail such as team@example.org")
    return value


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    for number, value in enumerate(values):
        if value.lower() in {before.lower() for before in values[:number]}:
            raise ValueError(f"{value} stands there twice, and would get each alert twice")
    return values


def _user(value: str) -> str:
    if not re.fullmatch("[!-~]+", value):
        raise ValueError(
            "holds a blank, or more than ASCII: write the name to log in with, or None"
        )
    return value


MailAddress = Annotated[str, AfterValidator(_address)]


class Mail(Entry):
    """One way to send e-mail; port 465 is TLS from the beginning, others after STARTTLS."""

    kind = "way to send e-mail"
    host: Host
    port: Port
    sender: MailAddress
    recipients: Annotated[tuple[MailAddress, ...], AfterValidator(some), AfterValidator(_each_once)]
    user: Annotated[str, AfterValidator(_user)] | None
    tls: StrictBool

    @model_validator(mode="after")
    def _not_in_plain_text(self) -> Self:
        if self.user and not self.tls:
            raise ValueError("would send the password for everybody to read: tls must be True")
        if self.port == TLS_PORT and not self.tls:
            raise ValueError(f"port {TLS_PORT} is TLS from the beginning: tls must be True")
        return self

    @property
    def starttls(self) -> bool:
        """Whether Alertmanager is to ask for STARTTLS, which nobody offers who speaks TLS already.

        Source: prometheus/alertmanager, notify/email/email.go, and its issue 980.
        """
        return self.tls and self.port != TLS_PORT


def passwords(mail: Mail | None, secrets: Secrets) -> Iterable[Mistake]:
    """A mistake where the server is told a name and no password, or the other way round."""
    user, password = mail and mail.user, secrets.alert_mail_password
    if user and not password:
        reason = f"missing: monitoring_mail logs in as {user}"
        yield Mistake("secrets", "alert_mail_password", "", reason)
    if password and not user:
        reason = "nobody logs in with it: monitoring_mail has no user"
        yield Mistake("secrets", "alert_mail_password", "", reason)
