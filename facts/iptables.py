"""iptables, one chain of a table, for IPv4 or for IPv6."""

from __future__ import annotations

from collections.abc import Iterable

from facts import Fact

ABSENT = "no such packets"


class Chain(Fact[tuple[str, ...] | None]):
    """The rules of a chain, as `iptables -S` prints them; none for a chain that is not there.

    None where the kernel does not speak IPv6, and is asked for a chain of ip6tables.
    """

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, chain: str, table: str = "filter", program: str = "iptables") -> str:
        listed = f"{program} --wait 10 -t {table} -S {chain} 2>/dev/null | grep -- '^-A' || :"
        if program == "iptables":
            return listed
        return f"[ -e /proc/net/if_inet6 ] || {{ echo '{ABSENT}'; exit 0; }}; {listed}"

    def process(self, output: Iterable[str]) -> tuple[str, ...] | None:
        lines = [line.strip() for line in output]
        return None if ABSENT in lines else tuple(line for line in lines if line.startswith("-A "))
