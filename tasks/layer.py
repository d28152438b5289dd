"""What makes a function a layer: a title in the plan, and the hosts that it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from weakref import WeakKeyDictionary

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host
from pyinfra.context import ctx_host

from facts.asking import Planned
from operations import look, noting
from spec import Platform
from tasks.gate import wait_at

Apply = Callable[[Platform], None]
Notes = dict[Apply, list[Planned]]

_layers: dict[Apply, str] = {}  # every layer that was imported, and the group that it is for
_noted: WeakKeyDictionary[Host, Notes] = WeakKeyDictionary()


def layer(group: str, title: str) -> Callable[[Apply], Apply]:
    """Apply a function as one deploy, on the hosts of `group` only.

    Of groups that are none `common` is every host, and `control` where the cluster is asked.

    What its operations will compare with is asked at its beginning, in one command. The first layer
    asks for all of them, and for their gates: a run that changes nothing asks nothing else.
    """

    def decorate(apply: Apply) -> Apply:
        _layers[apply] = group

        def looking_first(platform: Platform) -> None:
            _look(apply, platform)
            apply(platform)

        @wraps(apply)
        def on_members(platform: Platform) -> None:
            if _is_for_here(group, platform):
                deploy(title)(looking_first)(platform)  # type: ignore[call-arg,arg-type]

        return on_members

    return decorate


def _look(apply: Apply, platform: Platform) -> None:
    here: Host = ctx_host.get()  # type: ignore[no-untyped-call]
    first = here not in _noted
    if first:
        layers = [one for one, group in _layers.items() if _is_for_here(group, platform)]
        _noted[here] = {one: _note(one, platform) for one in layers}
    noted = _noted[here]
    look(
        name="Look at what is there",
        planned=[step for one in noted if first or one is apply for step in noted[one]],
        gates=_gates(platform) if first else [],
    )


def _note(apply: Apply, platform: Platform) -> list[Planned]:
    with noting() as planned:
        apply(platform)
    return planned


def _gates(platform: Platform) -> list[Planned]:
    with noting() as planned:
        for apply in _layers:
            wait_at(apply.__module__.removeprefix("tasks."), platform)
    return planned


def _is_for_here(group: str, platform: Platform) -> bool:
    is_asked = group == "control" and host.name == platform.control.name
    return is_asked or group == "common" or group in host.groups
