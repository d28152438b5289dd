"""UFW: on, with an exact set of rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation

from facts.ufw import Ufw
from operations import Commands


def allow(port: int, source: str, comment: str) -> str:
    """A rule as `ufw show added` prints it: TCP to `port`, from a network, an address or "any"."""
    if source == "any":
        return f"allow {port}/tcp comment '{comment}'"
    return (
        f"allow from {source.removesuffix('/32')} to any port {port} proto tcp comment '{comment}'"
    )


@operation()
def exactly(rules: Sequence[str]) -> Commands:
    """Have UFW on now and at boot, with these rules and no other.

    What is missing is added before UFW goes on and before anything is deleted, so that the
    connection which this runs through stays open.
    """
    found = host.get_fact(Ufw)
    wanted = {_bare(rule) for rule in rules}
    for rule in rules:
        if rule not in found.rules:
            yield StringCommand(f"ufw {rule}")
    if not (found.active and found.at_boot):
        yield StringCommand("ufw --force enable")
    for rule in found.rules:
        # One that differs in its comment only was changed by the `ufw allow` above already.
        if _bare(rule) not in wanted:
            yield StringCommand(f"ufw --force delete {_bare(rule)}")


def _bare(rule: str) -> str:
    return re.sub(r" comment '.*'$", "", rule)
