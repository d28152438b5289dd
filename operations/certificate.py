"""The platform's own CA, and certificates that it signs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.certificate import Certificate, CertificateState
from operations import Commands, operation
from spec.certificate import LEAST_DAYS


@operation()
def authority(names: Sequence[str], certificate: str, key: str, days: int) -> Commands:
    """Have a CA that can vouch for these names alone, and its key (0600, no password).

    Kept as long as it is for these names, matches its key, and has 30 days left: who trusts it has
    to trust another one anew. The machine has `make-authority`.
    """
    found = ask(host, Certificate, certificate=certificate, key=key)
    good = set(found.permitted) == set(names) and found.matches_key
    if good and found.days_left >= LEAST_DAYS:
        yield from _closed(found, key)
    else:
        yield StringCommand(
            shlex.join(["make-authority", certificate, key, str(days), *dict.fromkeys(names)])
        )


@operation()
def sign(common_name: str, certificate: str, key: str, days: int, ca: str, ca_key: str) -> Commands:
    """Have a certificate for a name (CN and SAN) that the CA signed, and its key (0600).

    Kept as long as it is for that name, matches its key, is the CA's, has 30 days left, and not
    more than `days`. The machine has `make-certificate`.
    """
    found = ask(host, Certificate, certificate=certificate, key=key, ca=ca)
    good = (
        found.common_name == common_name
        and found.names == (common_name,)
        and LEAST_DAYS <= found.days_left <= days
        and found.matches_key
        and found.is_signed
    )
    if good:
        yield from _closed(found, key)
    else:
        yield StringCommand(
            shlex.join(["make-certificate", common_name, certificate, key, str(days), ca, ca_key])
        )


def _closed(found: CertificateState, key: str) -> Commands:
    if found.key_mode != "0600":
        yield StringCommand(f"chmod 0600 {shlex.quote(key)}")
