"""Every gate of every machine is open; tests/lab sees each of them shut."""

from __future__ import annotations

from testinfra.host import Host

from gates import gates
from spec import Machine, Platform


def test_every_gate_is_open(platform: Platform, machine: Machine, host: Host) -> None:
    shut = {}
    for gate in gates(platform, machine):
        answer = host.run(gate.command)
        if answer.rc != 0:
            shut[gate.awaits] = f"{answer.stdout} {answer.stderr}".strip()
    assert shut == {}
