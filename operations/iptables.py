"""iptables: chains that are ours."""

from __future__ import annotations

from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.iptables import Chain
from operations import Commands, operation


@operation()
def chain(
    chain: str, rules: Sequence[str], load: str, table: str = "filter", program: str = "iptables"
) -> Commands:
    """Have exactly these rules in a chain, in this order, written as `iptables -S` prints them."""
    found = ask(host, Chain, chain=chain, table=table, program=program)
    if found is not None and found != tuple(rules):
        yield StringCommand(load)


@operation()
def flush_chain(chain: str, program: str = "iptables") -> Commands:
    """Have a chain of the filter table that lets everything go on, where there is one."""
    on = f"-A {chain} -j RETURN"
    if ask(host, Chain, chain=chain, table="filter", program=program) not in (None, (), (on,)):
        told = f"{program} --wait 30"
        yield StringCommand(f"{told} -I {chain} -j RETURN && {told} -F {chain} && {told} {on}")


@operation()
def delete_chain(chain: str, table: str, parent: str) -> Commands:
    """Have no chain of this name in a table, and nothing that leads to it from `parent`."""
    if ask(host, Chain, chain=chain, table=table):
        rule = f"iptables --wait 30 -t {table}"
        yield StringCommand(
            f"{rule} -D {parent} -j {chain} 2>/dev/null; {rule} -F {chain} && {rule} -X {chain}"
        )
