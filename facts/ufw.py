"""UFW: whether it is on, its rules as they were added, and what happens to all else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact


@dataclass(frozen=True)
class UfwState:
    """The firewall of a machine."""

    active: bool = False
    at_boot: bool = False
    rules: tuple[str, ...] = ()  # as `ufw show added` prints them, without the leading "ufw"
    ipv6: bool = False  # its rules are about IPv6, too, or the kernel has none
    # What becomes of packets that no rule is about, in the kernel.
    shuts: bool = False  # dropped, unless this machine sends them
    lets_out: bool = False


class Ufw(Fact[UfwState]):
    """UFW's switch, rules and policies, on or off; a machine without UFW has none."""

    @staticmethod
    def default() -> UfwState:
        return UfwState()

    def command(self) -> str:
        return (
            "command -v ufw >/dev/null || exit 0; "
            "ufw show added; "
            "grep -qx 'ENABLED=yes' /etc/ufw/ufw.conf && echo 'At boot'; "
            "[ -e /proc/net/if_inet6 ] || echo 'No IPv6'; "
            # Not `ufw status`, which fails where IPv6 was turned on and not loaded yet.
            "{ iptables --wait 10 -S; ip6tables --wait 10 -S | sed 's/^-P /&IPv6 /'; } 2>/dev/null"
            " | grep -e '^-P ' -e '-A INPUT -j ufw6*-before-input'; :"
        )

    def process(self, output: Iterable[str]) -> UfwState:
        lines = [line.strip() for line in output]
        policies = {line.removeprefix("-P ") for line in lines if line.startswith("-P ")}
        wanted = {"INPUT DROP", "FORWARD DROP", "OUTPUT ACCEPT"}
        return UfwState(
            active="-A INPUT -j ufw-before-input" in lines,
            at_boot="At boot" in lines,
            rules=tuple(line.removeprefix("ufw ") for line in lines if line.startswith("ufw ")),
            ipv6=not {"No IPv6", "-A INPUT -j ufw6-before-input"}.isdisjoint(lines),
            shuts={policy.removeprefix("IPv6 ") for policy in policies} == wanted,
            lets_out="OUTPUT ACCEPT" in policies,
        )
