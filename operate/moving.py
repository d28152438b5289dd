"""From where to where the database moves, and whether that may be."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from facts.database import FolderState
from facts.kubernetes import KUBECTL
from facts.nodes import NodeState
from gates import Gate
from operations.database import CLAIM
from spec import Machine, Platform, Refused

SPARE_MIB = 200  # on top of the data: MySQL begins with files of its own


@dataclass(frozen=True)
class Move:
    """A move that may be: both machines, and the platform as it is afterwards."""

    source: Machine
    target: Machine
    is_handed_over: bool  # the cluster has it at its target; what is left is to tidy up
    after: Platform


@dataclass(frozen=True)
class Seen:
    """What the cluster and the machines say."""

    nodes: Mapping[str, NodeState]
    moving: tuple[str, ...]  # from, to; of a move that was cut off
    folder: Callable[[Machine], FolderState]
    asked: frozenset[str]  # the machines that this run works on


def volume(platform: Platform) -> str:
    """What the database's volume is called in the cluster."""
    return f"{platform.k8s_worker.app_namespace}-mysql"


def move(platform: Platform, name: str, seen: Seen) -> Move:
    """The move to the worker of that name; raises Refused with the reason against it."""
    if not name:
        raise Refused("NODE is empty; write NODE=, with the worker that the database goes to.", ())
    if not seen.nodes:
        raise Refused(
            f"{platform.control.name} cannot be asked where the database is; nothing was touched:"
            " look with `make status`, and run again when the Kubernetes API answers.",
            (),
        )
    held = [node for node, state in seen.nodes.items() if volume(platform) in state.volumes]
    at = held[0] if held else ""
    source, goal = seen.moving or (at, name)
    workers = {it.hostname: it for it in platform.members("k8s_worker")}
    for reason in _against(platform, name, seen, at, source, goal, workers):
        raise Refused(f"{reason} Nothing was touched.", ())
    settings = platform.k8s_worker.model_copy(update={"app_database_worker": name})
    after = replace(platform, k8s_worker=settings)
    return Move(workers[source], workers[name], at == name, after)


def _against(
    platform: Platform,
    name: str,
    seen: Seen,
    at: str,
    source: str,
    goal: str,
    workers: Mapping[str, Machine],
) -> Iterator[str]:
    """What speaks against it, the gravest first."""
    if name not in workers:
        yield f"{name} is no worker; workers are {', '.join(sorted(workers))}."
    if seen.moving and goal != name:
        yield f"The database is on its way to {goal}: go on with NODE={goal} first."
    if not source:
        yield f"The cluster has no volume {volume(platform)} yet: `make deploy` makes it."
    if at == name and not seen.moving:
        yield f"The database is on {name} already: app_database_worker is to say so."
    if source not in workers:
        yield f"The database is on {source}, which is no worker of the inventory: add it again."
    for node in (source, name):
        if not seen.nodes.get(node, NodeState()).ready:
            yield f"{node} is not Ready: `make status` says why."
        if workers[node].name not in seen.asked:
            yield f"{node} is left out by --limit: its data goes through here."
    if not seen.moving:
        yield from _of_folders(platform, seen, workers[source], workers[name])


def _of_folders(platform: Platform, seen: Seen, source: Machine, target: Machine) -> Iterator[str]:
    path = platform.k8s_worker.app_database_path
    data, room = seen.folder(source), seen.folder(target)
    if room.entries:
        yield f"{target.name} has something in {path} already: move it away."
    if room.free_mib < data.size_mib + SPARE_MIB:
        yield (
            f"{target.name} has {room.free_mib} MiB free for {path}, and {data.size_mib} of data"
            f" with {SPARE_MIB} to spare are needed: make room, or mount a disk there."
        )


def follows(move: Move) -> Gate:
    """A gate of the control plane: whatever has the database's claim runs where the data is."""
    settings = move.after.k8s_worker
    shown = (
        "{range .items[*]}{.metadata.name}|{.spec.nodeName}|"
        "{range .spec.volumes[*]},{.persistentVolumeClaim.claimName}{end},|"
        '{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    )
    wrong = (
        f'index($3, ",{CLAIM},") && ($2 != "{move.target.hostname}" || $4 != "True")'
        ' {print $1, "is on", $2, "and Ready:", $4; wrong = 1} END {exit wrong}'
    )
    pods = f"{KUBECTL} -n {settings.app_namespace} get pods"
    return Gate(
        awaits=f"the database is at work on {move.target.hostname}",
        command=(
            f"pods=$({pods} -o {shlex.quote(f'jsonpath={shown}')}) &&"
            f" echo \"$pods\" | awk -F '|' {shlex.quote(wrong)}"
        ),
        hint=f"{pods} -o wide; describe the pod and pvc/{CLAIM}; its logs; then run this again",
        within=300,
        every=2,
    )
