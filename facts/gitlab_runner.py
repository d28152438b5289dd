"""The CI runner: what its process has been started with."""

from __future__ import annotations

from collections.abc import Iterable

from facts import Fact, told

UNIT = "gitlab-runner.service"
LISTENS = "LISTEN_ADDRESS"  # of its environment: where it tells of itself


class RunnerListens(Fact[tuple[str, ...]]):
    """Where each runner that is at work tells of itself; "" nowhere."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return f"""
pid=$(systemctl show --property=MainPID --value {UNIT} | grep -vx 0)
[ -n "$pid" ] && [ -r "/proc/$pid/environ" ] || exit 0
echo "listens $(tr '\\0' '\\n' <"/proc/$pid/environ" | sed -n 's/^{LISTENS}=//p')"
"""

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(address for _, address in told(output, "listens"))
