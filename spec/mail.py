"""E-mail that alerts are sent by: which server takes it, from whom it comes, who reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, StrictBool, model_validator

from spec.errors import Mistake
from spec.names import Host
from spec.types import Entry, Port, some

if TYPE_CHECKING:
    from spec.secrets import Secrets


def _address(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", value):
        raise ValueError("not an address of e-mail such as team@example.org")
    return value


def _user(value: str) -> str:
    if not re.fullmatch("[!-~]+", value):
        raise ValueError(
            "holds a blank, or more than ASCII: write the name to log in with, or None"
        )
    return value


MailAddress = Annotated[str, AfterValidator(_address)]


class Mail(Entry):
    """One way to send e-mail; port 465 is TLS from the beginning, any other after STARTTLS."""

    kind = "way to send e-mail"
    host: Host
    port: Port
    sender: MailAddress
    recipients: Annotated[tuple[MailAddress, ...], AfterValidator(some)]
    user: Annotated[str, AfterValidator(_user)] | None
    tls: StrictBool

    @model_validator(mode="after")
    def _not_in_plain_text(self) -> Self:
        if self.user and not self.tls:
            raise ValueError("would send the password for everybody to read: tls must be True")
        return self


def passwords(mail: Mail | None, secrets: Secrets) -> Iterable[Mistake]:
    """A mistake where the server is told a name and no password, or the other way round."""
    user, password = mail and mail.user, secrets.alert_mail_password
    if user and not password:
        reason = f"missing: monitoring_mail logs in as {user}"
        yield Mistake("secrets", "alert_mail_password", "", reason)
    if password and not user:
        reason = "nobody logs in with it: monitoring_mail has no user"
        yield Mistake("secrets", "alert_mail_password", "", reason)
