"""What a setting may be: types that parse a literal and say what they expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator


def _fingerprint(value: str) -> str:
    bare = value.replace(" ", "").upper()
    if not re.fullmatch(r"[0-9A-F]{40}", bare):
        raise ValueError("not an OpenPGP fingerprint: 40 hexadecimal digits")
    return bare


def _host_key(value: str) -> str:
    if not re.fullmatch(
        r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]{40,}={0,2}", value
    ):
        raise ValueError(
            "not an SSH host key such as 'ssh-ed25519 AAAA…', without a host or comment"
        )
    try:
        load_ssh_public_key(value.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(
            "not a whole SSH host key: was it cut off, or is it of another kind?"
        ) from None
    return value


def _between(least: int, most: int, what: str) -> BeforeValidator:
    def check(value: object) -> object:
        if type(value) is not int:
            raise ValueError(f"not {what}: a whole number from {least} to {most}, without quotes")
        if not least <= value <= most:
            raise ValueError(f"not {what}: {least} to {most}")
        return value

    return BeforeValidator(check)


def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same values; raises ValueError where there are none."""
    if not values:
        raise ValueError("empty; one at least is needed")
    return values


def _sha256(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError(
            "not a sha256: 64 hexadecimal digits in lower case, as sha256sum prints them"
        )
    return value


def _recipient(value: str) -> str:
    if value.upper().startswith("AGE-SECRET-KEY-"):
        raise ValueError(
            "the private key, which stays where nobody else reads: write the public one, age1…"
        )
    if not re.fullmatch(r"age1[02-9ac-hj-np-z]{58}", value):
        raise ValueError("not a public key of age's, as age-keygen prints it: age1 and 58 more")
    return value


Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
Sha256 = Annotated[str, AfterValidator(_sha256)]
HostKey = Annotated[str, AfterValidator(_host_key)]
HostKeys = Annotated[tuple[HostKey, ...], AfterValidator(some)]
Port = Annotated[int, _between(1, 65535, "a port")]
NodePort = Annotated[int, _between(30000, 32767, "a NodePort of Kubernetes")]
# For nginx, which refuses none at all.
Rate = Annotated[int, _between(1, 10_000, "a rate, in requests a second")]
Mebibytes = Annotated[int, _between(1, 10_000, "a size in MiB")]
Keep = Annotated[int, _between(1, 10_000, "a number of copies")]
Days = Annotated[int, _between(1, 10_000, "a number of days")]
# With fewer, the version to go back to is soon gone.
KeptImages = Annotated[int, _between(5, 10_000, "a number of images")]
Recipient = Annotated[str, AfterValidator(_recipient)]
Burst = Annotated[int, _between(1, 10_000, "a number of requests at once")]


class Entry(BaseModel):
    """One of a table's entries: exactly its fields, and a sentence where they are others."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _fields(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or set(value) != set(cls.model_fields):
            fields = ", ".join(cls.model_fields)
            raise ValueError(f"not a {cls.kind}: it has {fields}, and nothing else")
        return value
