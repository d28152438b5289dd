"""A deploy of operate/, run on one machine of a platform after the other."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from pyinfra.context import ctx_inventory, ctx_state

from tests.unit.doubles import CHECKOUT, StubHost


def play(
    script: str,
    machines: Sequence[Any],
    control: StubHost,
    is_in_limit: Callable[[Any], bool] = lambda _: True,
) -> None:
    """Run it on the host that is set, in a run of these machines; any other is `control`."""
    ctx_inventory.set(SimpleNamespace(get_host=lambda _: control))  # type: ignore[no-untyped-call]
    run = SimpleNamespace(inventory=machines, is_host_in_limit=is_in_limit)
    ctx_state.set(run)  # type: ignore[no-untyped-call]
    try:
        runpy.run_path(str(CHECKOUT / "operate" / script))
    finally:
        ctx_state.reset()
