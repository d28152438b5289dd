"""Self-signed certificates."""

from __future__ import annotations

import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.certificate import Certificate
from operations import Commands, operation
from spec.certificate import LEAST_DAYS


@operation()
def self_signed(common_name: str, certificate: str, key: str, days: int) -> Commands:
    """Have a certificate for a name (CN and SAN) of so many days, and its key (0600, no password).

    Kept as long as it is for that name, matches its key, has 30 days left, and not more than that.
    The machine has `make-certificate`.
    """
    found = ask(host, Certificate, certificate=certificate, key=key)
    good = (
        found.common_name == common_name
        and found.names == (common_name,)
        and LEAST_DAYS <= found.days_left <= days
        and found.matches_key
    )
    if not good:
        yield StringCommand(
            shlex.join(["make-certificate", common_name, certificate, key, str(days)])
        )
    elif found.key_mode != "0600":
        yield StringCommand(f"chmod 0600 {shlex.quote(key)}")
