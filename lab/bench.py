"""What a run without changes costs, against plain SSH doing the same work (`make bench`).

Run inside the lab's network. First the run is recorded: which commands, on which host. Then it is
timed against one SSH connection per host, all hosts at once, that feeds the recorded commands to a
shell: what is left of the ratio is Python's start, the plan, and the round trips. Then workers that
are nodes only are run alone, few and many: the difference is what one more costs.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

from rich.console import Console
from rich.table import Table

from lab import USUAL, Lab, machines, measuring
from lab.measuring import Cost
from lab.verbs import lab_settings

ROUNDS = 5
WORKERS = (1, 5, 10)
IDLE = 5  # seconds to watch what machines do when nobody asks them anything

console = Console()


def main() -> int:
    """Record once, then time both in turn; then workers alone, as many as there are."""
    lab = Lab(os.environ.get("LAB") or USUAL)
    _platform(lab)
    _workers(lab)
    return 0


def _platform(lab: Lab) -> None:
    inventory, *settings = lab_settings()
    words = (inventory, "deploy.py", "-y", *settings)
    nodes = [machine for machine in machines.of(lab) if machine.name != "vm-docker"]
    measuring.deploy(*words)  # what is left to change; once for the caches of the disk
    with measuring.counting_kubectl(nodes) as starts:
        commands = measuring.recorded(lab, *words)
    run = partial(measuring.deploy, *words)
    same = partial(measuring.over_plain_ssh, lab, commands)
    ours, plain = [], []
    for _ in range(ROUNDS):
        ours.append(measuring.timed(lab, run))
        plain.append(measuring.timed(lab, same))
    idle = measuring.timed(lab, lambda: time.sleep(IDLE))
    table = _table("", "min", "median", "max")
    _row(table, "a run without changes", [cost.seconds for cost in ours], "s")
    _row(table, "plain ssh, same commands", [cost.seconds for cost in plain], "s")
    _row(table, "ratio", [a.seconds / b.seconds for a, b in zip(ours, plain, strict=True)])
    _row(table, "CPU of the machines, a run", [_above(cost, idle) for cost in ours], "s")
    console.print(table)
    counts = Counter(host for host, _ in commands)
    told = ", ".join(f"{host} {count}" for host, count in counts.items())
    console.print(f"SSH commands a host: {told}; starts of kubectl: {sum(starts)}")
    console.print(
        f"{ROUNDS} rounds in turn; CPU is what goes beyond the"
        f" {idle.cpu / idle.seconds:.2f} s a second that they use when left alone"
    )


def _workers(lab: Lab) -> None:
    """Nodes alone, without a cluster: what each of them costs beside the others."""
    workers = [machine.name for machine in machines.of(lab) if machine.name.startswith("vm-worker")]
    most = max(WORKERS)
    if len(workers) < most:
        console.print(
            f"{len(workers)} worker(s) here: for the cost of one more, `make lab-up WORKERS={most}`"
            f" and then `make bench WORKERS={most}`"
        )
        return
    inventory, *settings = lab_settings()
    medians = {}
    table = _table("workers, as nodes only", "min", "median", "max")
    for count in WORKERS:
        limits = [word for name in workers[:count] for word in ("--limit", name)]
        words = (inventory, "lab/nodes.py", "-y", *settings, *limits)
        measuring.deploy(*words)
        run = partial(measuring.deploy, *words)
        seconds = [measuring.timed(lab, run).seconds for _ in range(ROUNDS)]
        medians[count] = statistics.median(seconds)
        _row(table, f"{count}", seconds, "s")
    console.print(table)
    least = min(WORKERS)
    extra = (medians[most] - medians[least]) / (most - least)
    console.print(f"one more worker costs {extra:.2f} s")


def _above(cost: Cost, idle: Cost) -> float:
    return cost.cpu - idle.cpu / idle.seconds * cost.seconds


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    return table


def _row(table: Table, title: str, figures: Sequence[float], unit: str = "") -> None:
    told = (min(figures), statistics.median(figures), max(figures))
    table.add_row(title, *(f"{figure:.2f} {unit}".strip() for figure in told))


if __name__ == "__main__":
    sys.exit(main())
