"""Passwords as they are stored, and which ones are good enough."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string

ROUNDS = 4096
RULE = (
    "must be 8-128, inclusively, characters long with at least 1 uppercase letter,"
    " 1 lowercase letter and 1 number"
)


def hashed(password: str) -> str:
    """What to store in place of a password."""
    salt = secrets.token_hex(16)
    return f"{salt}${_digest(password, salt)}"


def matches(password: str, stored: str) -> bool:
    """Whether `stored` was made of this password."""
    salt, _, digest = stored.partition("$")
    return hmac.compare_digest(_digest(password, salt), digest)


def is_good(password: str) -> bool:
    """Whether it keeps the rule."""
    kinds = ("[A-Z]", "[a-z]", "[0-9]")
    return 8 <= len(password) <= 128 and all(re.search(kind, password) for kind in kinds)


def made() -> str:
    """A new one that keeps the rule."""
    while True:
        word = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
        if is_good(word):
            return word


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ROUNDS).hex()
