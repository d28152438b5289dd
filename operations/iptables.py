"""iptables: one chain that is ours."""

from __future__ import annotations

from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.iptables import Chain
from operations import Commands, operation


@operation()
def chain(chain: str, rules: Sequence[str], load: str, table: str = "filter") -> Commands:
    """Have exactly these rules in a chain, in this order, written as `iptables -S` prints them."""
    if ask(host, Chain, chain=chain, table=table) != tuple(rules):
        yield StringCommand(load)
