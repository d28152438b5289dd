"""UFW: on, with an exact set of rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.ufw import Ufw
from operations import Commands, operation

# One address that is kept out, as fail2ban and people do.
BAN = re.compile(r"(deny|reject) from [0-9a-f.:]+( to any( app .+| port .+)?)?")


def allow(port: int, source: str, comment: str, protocol: str = "tcp") -> str:
    """A rule as `ufw show added` prints it: to `port`, from a network, an address or "any".

    Of a protocol that has no ports, such as VRRP, the port is 0.
    """
    if not port:
        return f"allow from {source.removesuffix('/32')} proto {protocol} comment '{comment}'"
    if source == "any":
        return f"allow {port}/{protocol} comment '{comment}'"
    return (
        f"allow from {source.removesuffix('/32')} to any port {port} proto {protocol}"
        f" comment '{comment}'"
    )


def route(source: str, destination: str, comment: str) -> str:
    """A rule, printed so, to hand on packets from one network to another; either may be "any"."""
    ways = (("from", source), ("to", destination))
    between = [f"{way} {network.removesuffix('/32')}" for way, network in ways if network != "any"]
    return f"route allow {' '.join(between)} comment '{comment}'"


@operation()
def rules(rules: Sequence[str]) -> Commands:
    """Have UFW on now and at boot, with these rules and no other.

    What is missing is added before UFW goes on and before anything is deleted, so that the
    connection which this runs through stays open. A ban opens nothing, and stays.
    """
    found = ask(host, Ufw)
    wanted = {_bare(rule) for rule in rules}
    if found.active and found.at_boot and not found.ipv6:
        yield StringCommand("ufw reload")
    for rule in rules:
        # One that was added while IPv6 was off has no half for that.
        if rule not in found.rules or not found.ipv6:
            yield StringCommand(f"ufw {rule}")
    if not (found.active and found.at_boot):
        yield StringCommand("ufw --force enable")
    elif found.ipv6 and not found.shuts:
        yield StringCommand("ufw reload")
    for rule in found.rules:
        # One that differs in its comment only was changed by the `ufw allow` above already.
        if _bare(rule) not in wanted and not BAN.fullmatch(_bare(rule)):
            yield StringCommand(f"ufw --force {_deleted(_bare(rule))}")


@operation()
def allow_outgoing() -> Commands:
    """Let what this machine asks of others pass; whether UFW is on stays as it is."""
    found = ask(host, Ufw)
    if found.active and not found.lets_out:
        yield StringCommand("ufw default allow outgoing")


@operation()
def disable() -> Commands:
    """Have UFW off now and at boot, with no rule left that was given to it."""
    found = ask(host, Ufw)
    # Its chains stay where they were, empty; what it drops is what it does.
    if found.at_boot or found.rules or (found.active and found.shuts):
        yield StringCommand("ufw --force reset")


def _deleted(rule: str) -> str:
    if rule.startswith("route "):
        return rule.replace("route ", "route delete ", 1)
    return f"delete {rule}"


def _bare(rule: str) -> str:
    return re.sub(r" comment '.*'$", "", rule)
