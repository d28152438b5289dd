"""The wait between two layers, on every host: no layer starts before the one below it is done."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra import host, state
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.gates import PATIENCE, GateAnswers
from gates import Gate, gates
from operations import Commands, operation, tell
from spec import Platform


def wait_at(layer: str, platform: Platform) -> None:
    """Wait until every gate of a layer is open on this host; a host outside of it just waits."""
    passed(
        name=f"Wait at the {layer} gate",
        gates=gates(platform, platform.machine(host.name), layer),
    )


@operation()
def passed(gates: Sequence[Gate]) -> Commands:
    """Wait until each gate is open; one that stays shut fails the host, and says what it saw.

    Every host calls it, also with no gates: pyinfra starts an operation when the one before it has
    ended everywhere, which makes this a barrier between layers.
    """
    if not gates:
        return
    answers = ask(host, GateAnswers, commands=[gate.command for gate in gates])
    for position, gate in enumerate(gates):
        if not (position < len(answers) and answers[position].open):
            if state.is_executing:
                tell(f"waits until {gate.awaits}")
            yield _wait(gate)


def _wait(gate: Gate) -> StringCommand:
    # pyinfra's `_retry_until` ends as a success when its time is up; an exit status does not.
    shut = f"gate stayed shut: {gate.awaits}"
    return StringCommand(
        f"end=$(($(date +%s) + {gate.within})); "
        f"until came=$(timeout {PATIENCE} sh -c {shlex.quote(gate.command)} 2>&1 </dev/null); do "
        '[ "$(date +%s)" -lt $end ] || { '
        f"printf '%s\\n' {shlex.quote(shut)} "
        f'"  waited {gate.within} s; what came: $(printf \'%s\' "$came" | tail -n 3)" '
        f"{shlex.quote('  look at: ' + gate.hint)} >&2; exit 1; }}; "
        f"sleep {gate.every}; done"
    )
