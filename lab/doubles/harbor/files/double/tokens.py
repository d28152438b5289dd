"""Tokens for the registry: signed with the key whose certificate the registry trusts."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

KEY = "/etc/core/private_key.pem"
SERVICE = "harbor-registry"
ISSUER = "harbor-token-issuer"
LASTS = 1800  # seconds

Access = Sequence[Mapping[str, object]]


def made(subject: str, access: Access) -> str:
    """A token for somebody that allows `access`: entries of type, name and actions."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": SERVICE,
        "exp": now + LASTS,
        "nbf": now,
        "iat": now,
        "jti": secrets.token_urlsafe(12),
        "access": access,
    }
    if subject:
        claims["sub"] = subject
    signed = f"{_coded({'alg': 'RS256', 'kid': _key_id(), 'typ': 'JWT'})}.{_coded(claims)}"
    return f"{signed}.{_base64(_openssl('dgst', '-sha256', '-sign', KEY, stdin=signed.encode()))}"


def claims(token: str) -> dict[str, Any] | None:
    """What a token says, if we signed it and it still counts."""
    signed, _, _ = token.rpartition(".")
    try:
        told: dict[str, Any] = json.loads(_decoded(signed.split(".")[1]))
        signature = _decoded(token.rpartition(".")[2])
    except (IndexError, ValueError):
        return None
    # What the registry would refuse with a challenge of its own is refused here, in Harbor's words.
    is_ours = _is_signed(signed.encode(), signature)
    return told if is_ours and told["nbf"] <= time.time() < told["exp"] else None


def _is_signed(content: bytes, signature: bytes) -> bool:
    """RSA's public operation, and the padded digest that has to come out."""
    modulus, exponent = _public_numbers()
    size = (modulus.bit_length() + 7) // 8
    opened = pow(int.from_bytes(signature), exponent, modulus).to_bytes(size)
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")  # SHA-256, RFC 8017 9.2
    tail = b"\0" + prefix + hashlib.sha256(content).digest()
    return opened == b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail


@cache
def _public_numbers() -> tuple[int, int]:
    modulus = _openssl("rsa", "-in", KEY, "-noout", "-modulus").decode().partition("=")[2]
    return int(modulus, 16), 65537


@cache
def _key_id() -> str:
    """The name that the registry has for the key (libtrust: 30 bytes of SHA-256 in base32)."""
    public = _openssl("rsa", "-in", KEY, "-pubout", "-outform", "DER")
    word = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
    return ":".join(word[at : at + 4] for at in range(0, len(word), 4))


def _openssl(*words: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True)
    return done.stdout


def _coded(value: object) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(word: str) -> bytes:
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
