"""UFW: whether it is on, and its rules as they were added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact


@dataclass(frozen=True)
class UfwState:
    """The firewall of a machine."""

    active: bool = False
    at_boot: bool = False
    rules: tuple[str, ...] = ()  # as `ufw show added` prints them, without the leading "ufw"


class Ufw(Fact[UfwState]):
    """UFW's switch and rules, on or off; a machine without UFW has neither."""

    @staticmethod
    def default() -> UfwState:
        return UfwState()

    def command(self) -> str:
        return (
            "command -v ufw >/dev/null || exit 0; "
            "ufw show added; ufw status | head -n 1; "
            "grep -qx 'ENABLED=yes' /etc/ufw/ufw.conf && echo 'At boot'; :"
        )

    def process(self, output: Iterable[str]) -> UfwState:
        lines = [line.strip() for line in output]
        return UfwState(
            active="Status: active" in lines,
            at_boot="At boot" in lines,
            rules=tuple(line.removeprefix("ufw ") for line in lines if line.startswith("ufw ")),
        )
