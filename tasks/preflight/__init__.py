"""Before anything is touched: every machine is looked at, all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from gevent.lock import Semaphore
from pyinfra import logger
from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.context import ctx_state

import spec
from facts.asking import on_each
from facts.probe import Probe
from spec import Machine, Mistake, Platform, Refused
from tasks.preflight import (
    beginning,
    fleet,
    invented,
    kept,
    kernel,
    lock,
    names,
    others,
    packages,
    programs,
    system,
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
    programs.findings,
    kernel.findings,
    beginning.findings,
)


@dataclass(frozen=True)
class Seen:
    """What all machines are like: the platform with what they say of it, and what is in the way."""

    platform: Platform
    mistakes: tuple[Mistake, ...]


# pyinfra begins the plan of every machine at the same time; the first one asks for all of them.
_turn = Semaphore()
_seen: WeakKeyDictionary[State, Seen] = WeakKeyDictionary()


def apply() -> Platform:
    """The platform of this run, if all of its machines will do, and nobody else works on them.

    Raises Refused with everything that is in the way, on whichever machine; what is taken over is
    said.
    """
    state: State = ctx_state.get()  # type: ignore[no-untyped-call]
    with _turn:
        if state not in _seen:
            _seen[state] = _look_at_all(spec.platform(), state)
            if not (_seen[state].mistakes or _only_planned(state)):
                invented.keep()
    if _seen[state].mistakes:
        headline = "Not every machine can be worked on; nothing was touched."
        raise Refused(headline, _seen[state].mistakes)
    return _seen[state].platform


def _look_at_all(platform: Platform, state: State) -> Seen:
    answers = on_each(list(state.inventory.get_active_hosts()), look)
    by_name = {host.name: seen for host, seen in answers.items()}
    looks = {it.name: by_name[it.name] for it in platform.machines if it.name in by_name}
    probes = {name: seen for name, seen in looks.items() if isinstance(seen, Probe)}
    found: list[Mistake | Note] = [*fleet.findings(probes)]
    for name, probe in probes.items():
        for findings in LOOKS:
            found += findings(platform, platform.machine(name), probe)
    for note in found:
        if isinstance(note, Note):
            logger.info(f"{note}")
    blind = [seen for seen in looks.values() if isinstance(seen, Mistake)]
    mistakes = [finding for finding in found if isinstance(finding, Mistake)]
    hosts = {host.name: host for host in answers}
    asked = [hosts[name] for name, probe in probes.items() if _may_ask(probe)]
    also = _secrets_and_locks(platform, state, asked)
    return Seen(_as_seen(platform, probes), (*blind, *mistakes, *also))


def _may_ask(probe: Probe) -> bool:
    """Whether further answers would come, and be understood."""
    return not probe.ways_in.noise and probe.ways_in.sessions >= ways_in.SESSIONS


def _secrets_and_locks(
    platform: Platform, state: State, hosts: Sequence[Host]
) -> tuple[Mistake, ...]:
    """Other secrets than the platform's, and somebody else at work."""
    answers: dict[Host, str] = {}

    def ask(host: Host) -> Mapping[kept.Kept, bool]:
        held = None if _only_planned(state) else lock.Lock(host)
        differing = kept.differing(host, platform)
        answers.update({host: held.answer()} if held else {})
        return differing

    secrets = on_each(hosts, ask)
    strange = invented.findings(state, secrets) or kept.findings(secrets)
    in_order = {host: answers[host] for host in hosts if host in answers}
    return (*lock.taken(in_order), *strange)


def _only_planned(state: State) -> bool:
    return bool(getattr(state, "only_planned", False))


def _as_seen(platform: Platform, probes: dict[str, Probe]) -> Platform:
    machines = (_machine_as_seen(it, probes.get(it.name, Probe())) for it in platform.machines)
    return replace(platform, machines=tuple(machines))


def _machine_as_seen(machine: Machine, probe: Probe) -> Machine:
    """With the port that sshd listens on, since the operator may have dialled a forwarded one."""
    mtu = min(dict(probe.kernel.mtu).values(), default=machine.mtu)
    return replace(machine, ssh_port=probe.ways_in.port or machine.ssh_port, mtu=mtu)
