"""Whether a run has its machines for itself, whatever they are like: to take a platform off."""

from __future__ import annotations

from pyinfra import state

from facts.asking import on_each
from operations.once import once, only_planned
from spec import Mistake, Platform, Refused
from tasks.preflight import lock
from tasks.preflight.look import look


def alone(platform: Platform) -> None:
    """Have nobody else work on its machines; half of it, or one with other settings, will do.

    Raises Refused where a machine cannot be asked, or somebody else does.
    """
    if mistakes := once("alone", _mistakes):
        raise Refused("Not every machine can be worked on; nothing was touched.", mistakes)


def _mistakes() -> tuple[Mistake, ...]:
    looks = on_each(list(state.inventory.get_active_hosts()), look)
    blind = tuple(seen for seen in looks.values() if isinstance(seen, Mistake))
    if only_planned():
        return blind
    able = [host for host, seen in looks.items() if not isinstance(seen, Mistake)]
    answers = on_each(able, lambda host: lock.Lock(host).answer())
    return (*blind, *lock.taken(answers))
