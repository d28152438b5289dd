"""What makes a function a layer: a title in the plan, and the hosts that it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from pyinfra import host
from pyinfra.api.deploy import deploy

from operations import looked, noting
from spec import Platform

Apply = Callable[[Platform], None]


def layer(group: str, title: str) -> Callable[[Apply], Apply]:
    """Apply a function as one deploy, on the hosts of `group` only (`common` is every host).

    What its operations will compare with is asked at its beginning, in one command.
    """

    def decorate(apply: Apply) -> Apply:
        def looking_first(platform: Platform) -> None:
            with noting() as planned:
                apply(platform)
            looked(name="Look at what is there", planned=planned)
            apply(platform)

        @wraps(apply)
        def on_members(platform: Platform) -> None:
            if group == "common" or group in host.groups:
                deploy(title)(looking_first)(platform)  # type: ignore[call-arg,arg-type]

        return on_members

    return decorate
