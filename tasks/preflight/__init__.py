"""Before anything is touched: every machine is looked at, all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from gevent.lock import Semaphore
from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.context import ctx_state

import spec
from facts.asking import on_each
from spec import Mistake, Platform, Refused
from tasks.preflight import fleet, invented, kept, lock, machine
from tasks.preflight.look import look

# pyinfra begins the plan of every machine at the same time; the first one asks for all of them.
_turn = Semaphore()
_found: WeakKeyDictionary[State, list[Mistake]] = WeakKeyDictionary()


def apply() -> Platform:
    """The platform of this run, if all of its machines will do, and nobody else works on them.

    Raises Refused with everything that is in the way, on whichever machine.
    """
    platform = spec.platform()
    state: State = ctx_state.get()  # type: ignore[no-untyped-call]
    with _turn:
        if state not in _found:
            _found[state] = _findings(platform, state)
            if not _found[state] and not _only_planned(state):
                invented.keep()
    if _found[state]:
        raise Refused("Not every machine can be worked on; nothing was touched.", _found[state])
    return platform


def _findings(platform: Platform, state: State) -> list[Mistake]:
    looks = on_each(list(state.inventory.get_active_hosts()), look)
    seen = {host: probe for host, probe in looks.items() if not isinstance(probe, Mistake)}
    answers: dict[Host, str] = {}

    def ask(host: Host) -> Mapping[kept.Kept, bool]:
        held = None if _only_planned(state) else lock.Lock(host)
        differing = kept.differing(host, platform)
        answers.update({host: held.answer()} if held else {})
        return differing

    secrets = on_each(list(seen), ask)
    return [
        *(mistake for mistake in looks.values() if isinstance(mistake, Mistake)),
        *lock.taken(answers),
        *(found for host, probe in seen.items() for found in machine.findings(host, probe)),
        *fleet.findings(seen),
        *(invented.findings(state, secrets) or kept.findings(secrets)),
    ]


def _only_planned(state: State) -> bool:
    return bool(getattr(state, "only_planned", False))
