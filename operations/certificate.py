"""Self-signed certificates."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.certificate import Certificate
from operations import Commands, operation
from spec.certificate import LEAST_DAYS

DAYS = 3650


@operation()
def self_signed(common_name: str, certificate: str, key: str) -> Commands:
    """Have a certificate for a name (CN and SAN) of ten years, and its key (0600, no password).

    Kept as long as it is for that name, matches its key and has 30 days left.
    """
    found = ask(host, Certificate, certificate=certificate, key=key)
    good = (
        found.common_name == common_name
        and found.names == (common_name,)
        and found.days_left >= LEAST_DAYS
        and found.matches_key
    )
    if good and found.key_mode == "0600":
        return
    crt, private = shlex.quote(certificate), shlex.quote(key)
    if good:
        yield StringCommand(f"chmod 0600 {private}")
        return
    # The key moves first: a certificate without its key is seen as not matching by the next run.
    yield StringCommand(
        f"(umask 022; mkdir -p $(dirname {crt}) $(dirname {private})); umask 077; "
        f"trap 'rm -f {private}.new {crt}.new' EXIT; "
        f"openssl req -x509 -nodes -newkey rsa:2048 -sha256 -days {DAYS}"
        f" -keyout {private}.new -out {crt}.new -subj /CN={common_name}"
        f" -addext subjectAltName=DNS:{common_name}"
        " -addext basicConstraints=critical,CA:FALSE"
        " -addext extendedKeyUsage=serverAuth && "
        f"chmod 0644 {crt}.new && mv -fT {private}.new {private} && mv -fT {crt}.new {crt}"
    )
