"""Before anything is touched: every machine is looked at, all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyinfra import logger, state
from pyinfra.api.host import Host

import spec
from facts.asking import on_each
from facts.kubernetes import ADMIN
from facts.probe import Probe
from operations.once import once, only_planned
from spec import Machine, Mistake, Platform, Refused
from tasks.preflight import (
    beginning,
    clusters,
    fleet,
    folders,
    invented,
    kept,
    kernel,
    lock,
    names,
    others,
    overrides,
    packages,
    programs,
    system,
    upgrading,
    version,
    walk,
    ways_in,
)
from tasks.preflight.finding import Look, Note
from tasks.preflight.look import look

LOOKS: tuple[Look, ...] = (
    system.findings,
    ways_in.findings,
    names.findings,
    packages.findings,
    others.findings,
    clusters.findings,
    programs.findings,
    overrides.findings,
    folders.findings,
    kernel.findings,
    beginning.findings,
    walk.findings,
)
OF_A_RUN, OF_AN_UPGRADE = (*LOOKS, version.findings), (*LOOKS, upgrading.findings)


@dataclass(frozen=True)
class Seen:
    """What all machines are like: the platform with what they say of it, and what is in the way."""

    platform: Platform
    mistakes: tuple[Mistake, ...]


def apply(looks: Sequence[Look] = OF_A_RUN) -> Platform:
    """The platform of this run, if all of its machines will do, and nobody else works on them.

    Raises Refused with everything that is in the way, on whichever machine; what is taken over is
    said.
    """
    seen = once("preflight", lambda: _look_at_all(spec.platform(), looks))
    if seen.mistakes:
        raise Refused("Not every machine can be worked on; nothing was touched.", seen.mistakes)
    return seen.platform


def _look_at_all(platform: Platform, looks: Sequence[Look]) -> Seen:
    answers = on_each(list(state.inventory.get_active_hosts()), look)
    by_name = {host.name: seen for host, seen in answers.items()}
    known = {it.name: by_name[it.name] for it in platform.machines if it.name in by_name}
    probes = {name: seen for name, seen in known.items() if isinstance(seen, Probe)}
    found: list[Mistake | Note] = [*fleet.findings(platform, probes)]
    for name, probe in probes.items():
        for findings in looks:
            found += findings(platform, platform.machine(name), probe)
    for note in found:
        if isinstance(note, Note):
            logger.info(f"{note}")
    blind = [seen for seen in known.values() if isinstance(seen, Mistake)]
    mistakes = [finding for finding in found if isinstance(finding, Mistake)]
    hosts = {host.name: host for host in answers}
    asked = [hosts[name] for name, probe in probes.items() if _may_ask(probe)]
    also = _secrets_and_locks(platform, asked)
    if not (blind or mistakes or also or only_planned()):
        invented.keep()
    return Seen(_as_seen(platform, probes), (*blind, *mistakes, *also))


def _may_ask(probe: Probe) -> bool:
    """Whether further answers would come, and be understood."""
    return not probe.ways_in.noise and probe.ways_in.sessions >= ways_in.SESSIONS


def _secrets_and_locks(platform: Platform, hosts: Sequence[Host]) -> tuple[Mistake, ...]:
    """Other secrets than the platform's, and somebody else at work."""
    answers: dict[Host, str] = {}

    def ask(host: Host) -> Mapping[kept.Kept, bool]:
        held = None if only_planned() else lock.Lock(host)
        differing = kept.differing(host, platform)
        answers.update({host: held.answer()} if held else {})
        return differing

    secrets = on_each(hosts, ask)
    strange = invented.findings(state, secrets) or kept.findings(secrets)
    in_order = {host: answers[host] for host in hosts if host in answers}
    return (*lock.taken(in_order), *strange)


def _as_seen(platform: Platform, probes: dict[str, Probe]) -> Platform:
    machines = (_machine_as_seen(it, probes.get(it.name, Probe())) for it in platform.machines)
    return replace(platform, machines=tuple(machines), asked=asked(platform, probes))


def asked(platform: Platform, probes: Mapping[str, Probe]) -> str:
    """The name of the control plane to ask: where that was done before, or that has a cluster."""

    def having(name: str) -> tuple[bool, bool]:
        others = probes[name].others
        asks = any(path.endswith("/.kube/ci") for path in others.ours)
        return asks, ADMIN in others.kubernetes

    seen = [it.name for it in platform.controls if it.name in probes]
    return max(seen, key=having, default="")


def _machine_as_seen(machine: Machine, probe: Probe) -> Machine:
    """With the port that sshd listens on, since the operator may have dialled a forwarded one."""
    mtu = min(dict(probe.kernel.mtu).values(), default=machine.mtu)
    card = probe.kernel.mtu[0][0] if probe.kernel.mtu else ""
    port = probe.ways_in.port or machine.ssh_port
    return replace(machine, ssh_port=port, mtu=mtu, card=card)
