"""What shuts a machine: UFW's policies and bans, chains of ours, units that are gone."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api.facts import FactBase

from facts.iptables import ABSENT, Chain
from facts.systemd import Units, UnitState
from facts.ufw import Ufw, UfwState
from operations import iptables, systemd, ufw
from tests.unit.conftest import OnHost
from tests.unit.doubles import parses, texts

SSH, WEB = "allow 22/tcp comment 'SSH'", "allow 80/tcp comment 'edge'"
BANS = ("deny from 203.0.113.7 comment 'by Fail2Ban'", "reject from 2001:db8::7 to any port 22")
POLICIES = "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-A INPUT -j ufw-before-input\n"
UP = (True, True)  # now and at boot
OLD_CHAIN = {"chain": "C", "table": "mangle", "parent": "PREROUTING"}
GONE = {"units": ["a.service"]}


def state(*rules: str, ipv6: bool = True, shuts: bool = True, lets_out: bool = True) -> UfwState:
    return UfwState(*UP, rules, ipv6, shuts, lets_out)


# Operation, its arguments, the fact it asks, an answer, what is run then.
DONE: list[tuple[Any, dict[str, Any], type[FactBase[Any]], Any, list[str]]] = [
    # A policy of somebody's, IPv6 turned off, a rule of somebody's between two bans.
    (ufw.rules, {"rules": [WEB]}, Ufw, state(WEB, shuts=False), ["ufw reload"]),
    (
        *(ufw.rules, {"rules": [WEB]}, Ufw, state(WEB, ipv6=False, shuts=False)),
        ["ufw reload", f"ufw {WEB}"],
    ),
    (
        *(ufw.rules, {"rules": [WEB]}, Ufw, state(WEB, BANS[0], "deny 22/tcp", BANS[1])),
        ["ufw --force delete deny 22/tcp"],
    ),
    # Before UFW is on: nobody is locked out, whatever its policies are.
    (
        *(ufw.rules, {"rules": [SSH]}, Ufw, UfwState()),
        [f"ufw {SSH}", "ufw --force enable"],
    ),
    (ufw.allow_outgoing, {}, Ufw, UfwState(), []),
    (ufw.allow_outgoing, {}, Ufw, state(SSH), []),
    (ufw.allow_outgoing, {}, Ufw, state(SSH, lets_out=False), ["ufw default allow outgoing"]),
    (iptables.chain, {"chain": "C", "rules": ["-A C -j X"], "load": "l"}, Chain, None, []),
    (iptables.delete_chain, OLD_CHAIN, Chain, (), []),
    (
        *(iptables.delete_chain, OLD_CHAIN, Chain, ("-A C -j X",)),
        [
            "iptables --wait 30 -t mangle -D PREROUTING -j C 2>/dev/null;"
            " iptables --wait 30 -t mangle -F C && iptables --wait 30 -t mangle -X C"
        ],
    ),
    (systemd.disable, GONE, Units, {"a.service": UnitState()}, []),
    (systemd.disable, GONE, Units, {"a.service": UnitState("loaded", "inactive", "disabled")}, []),
    (
        *(systemd.disable, GONE, Units, {"a.service": UnitState("loaded", "active", "enabled")}),
        ["systemctl disable --now a.service"],
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "fact", "found", "expected"), DONE)
def test_what_is_found_decides_what_is_run(
    on_host: OnHost,
    operation: Any,
    arguments: dict[str, Any],
    fact: type[FactBase[Any]],
    found: Any,
    expected: list[str],
) -> None:
    on_host({fact: found})
    assert texts(operation, **arguments) == expected
    assert all(parses(command) for command in expected)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("No IPv6\n" + POLICIES.replace("INPUT DROP", "INPUT ACCEPT"), (True, False, True)),
        ("No IPv6\n" + POLICIES.replace("OUTPUT ACCEPT", "OUTPUT DROP"), (True, False, False)),
        ("No IPv6\n" + POLICIES, (True, True, True)),
        (POLICIES + "-P IPv6 INPUT DROP\n-P IPv6 FORWARD DROP\n-P IPv6 OUTPUT DROP",
         (False, False, True)),
        (POLICIES + "-P IPv6 INPUT DROP\n-P IPv6 FORWARD ACCEPT\n-P IPv6 OUTPUT ACCEPT\n"
         "-A INPUT -j ufw6-before-input", (True, False, True)),
    ],
)  # fmt: skip
def test_ufw_is_seen_to_shut_both_kinds_of_packets(
    output: str, says: tuple[bool, bool, bool]
) -> None:
    found = Ufw().process(f"At boot\n{output}".splitlines())
    assert (found.active, found.at_boot) == UP
    assert (found.ipv6, found.shuts, found.lets_out) == says


def test_a_kernel_without_ipv6_has_no_chain_to_fill() -> None:
    fact = Chain()
    command = fact.command("C", program="ip6tables").replace("/proc/net/if_inet6", "/no/such")
    assert parses(command)
    assert f"echo '{ABSENT}'" in command
    assert fact.process([ABSENT]) is None
    assert fact.process([]) == ()
