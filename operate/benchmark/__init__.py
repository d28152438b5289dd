"""The CIS Kubernetes Benchmark (1.11), as far as it applies, line by line."""

from __future__ import annotations

from operate.benchmark import control, machines, policies
from operate.benchmark.line import Line
from spec import Machine, Platform


def lines(platform: Platform, machine: Machine) -> list[Line]:
    """What is asked of a machine, in the benchmark's order."""
    found: list[Line] = []
    if "k8s_control" in machine.groups:
        found += [*machines.control_lines(), *control.lines(), *policies.lines(platform)]
    if "k8s_node" in machine.groups:
        found += machines.node_lines()
    return sorted(found, key=_order)


def _order(line: Line) -> tuple[int, ...]:
    first = line.number.replace(",", " ").split()[0]
    return tuple(int(part) for part in first.split("."))


__all__ = ["Line", "lines"]
