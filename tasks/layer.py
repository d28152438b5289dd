"""What makes a function a layer: a title in the plan, and the hosts that it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from pyinfra import host
from pyinfra.api.deploy import deploy


def layer(group: str, title: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Apply a function as one deploy, on the hosts of `group` only (`common` is every host)."""

    def decorate(apply: Callable[[], None]) -> Callable[[], None]:
        @wraps(apply)
        def on_members() -> None:
            if group == "common" or group in host.groups:
                deploy(title)(apply)()

        return on_members

    return decorate
