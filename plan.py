"""A plan for a person: what would change, and how much is as it should be."""

from __future__ import annotations

from pyinfra import logger
from pyinfra.api.state import State
from pyinfra_cli import cli


def short() -> None:
    """Have pyinfra show its plan so.

    It has no place to listen for one, and its own table has a line for every operation.
    """
    cli.print_meta = show


def show(state: State) -> None:
    """A line for each operation that would change something, with its hosts; then a number."""
    kept = 0
    for operation in state.get_op_order():  # type: ignore[no-untyped-call]
        concerned = [host for host in state.inventory if operation in state.ops[host]]
        # What `hosts_with_change` of pyinfra's own JSON is made of.
        changed = [
            host.name
            for host in concerned
            if state.ops[host][operation].operation_meta._maybe_is_change
        ]
        kept += len(concerned) - len(changed)
        if changed:
            logger.info(f"{' '.join(state.op_meta[operation].names)}: {', '.join(changed)}")
    logger.info(f"{kept} are as they should be")
