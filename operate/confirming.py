"""A question to whoever is about to take something away: the platform's name is the answer."""

from __future__ import annotations

import sys
from typing import Any

from pyinfra import state

from operations.once import once, only_planned
from spec import Platform, Refused


def confirmed(platform: Platform, what: str, answer: Any) -> None:
    """Come back when the platform's name was said, with --data or when asked; else raise Refused.

    A plan takes nothing away, and asks nobody.
    """
    if only_planned():
        return
    name = platform.docker_host.edge_host
    if answer is None and sys.stdin.isatty():
        machines = ", ".join(host.name for host in state.inventory.get_active_hosts())
        question = f"This takes {what} off {machines}.\nIts name (edge_host): "
        answer = once("confirmed", lambda: _asked(question))
    if answer is None:
        raise Refused(
            "Nobody has said that this is meant, and nothing was touched: say the platform's name"
            f" (edge_host), --data confirm={name}.",
            (),
        )
    if answer != name:
        raise Refused(f"The platform is {name}, not {answer!r}; nothing was touched.", ())


def _asked(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        return ""
