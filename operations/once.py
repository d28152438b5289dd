"""What is found out once a run: pyinfra plans for every machine, all of them at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from gevent.lock import RLock
from pyinfra.api.state import State
from pyinfra.context import ctx_state

T = TypeVar("T")

_turn = RLock()
_found: WeakKeyDictionary[State, dict[str, Any]] = WeakKeyDictionary()


def once(what: str, find: Callable[[], T]) -> T:
    """What the first machine that comes has found, for all of them; the others wait for it."""
    with _turn:
        found = _found.setdefault(_run(), {})
        if what not in found:
            found[what] = find()
        answer: T = found[what]
    return answer


def in_limit() -> frozenset[str]:
    """The names of the machines that this run works on: of all, or of those of its --limit."""
    run = _run()
    return frozenset(host.name for host in run.inventory if run.is_host_in_limit(host))


def only_planned() -> bool:
    """Whether this run is to say what it would do, and to do nothing (`--dry`)."""
    return bool(getattr(_run(), "only_planned", False))


def _run() -> State:
    state: State = ctx_state.get()  # type: ignore[no-untyped-call]
    return state
