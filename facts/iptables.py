"""iptables, one chain of a table."""

from __future__ import annotations

from collections.abc import Iterable

from facts import Fact


class Chain(Fact[tuple[str, ...]]):
    """The rules of a chain, as `iptables -S` prints them; none for a chain that is not there."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, chain: str, table: str = "filter") -> str:
        return f"iptables --wait 10 -t {table} -S {chain} 2>/dev/null | grep -- '^-A' || :"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(line.strip() for line in output if line.startswith("-A "))
