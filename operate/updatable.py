"""Whether machines may get what their distribution has for them now, and what that would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyinfra import logger
from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host

from facts.asking import ask, forget, on_each
from facts.nodes import NodeState
from facts.updates import Updates, UpdatesState
from operate.ready import answered, left_out, unready
from operations import apt
from operations.node import is_alone
from spec import Machine, Mistake, Platform, Refused


def updatable(platform: Platform, nodes: Mapping[str, NodeState], asked: frozenset[str]) -> None:
    """Raise Refused with the reason when they may not; `asked` are the machines of this run."""
    answered(platform, nodes)
    for reason in (*left_out(platform, asked), *unready(nodes)):
        raise Refused(f"{reason} Nothing was touched.", ())


def known(platform: Platform, hosts: Sequence[Host]) -> Mapping[str, UpdatesState]:
    """What waits on each machine, by name, and a sentence of each to a person.

    Its lists of packages are brought up to date first, also where a run only plans; nothing else
    is. Raises Refused with what kept one of them from it.
    """
    mistakes = [it for it in on_each(hosts, _listed).values() if it]
    if mistakes:
        raise Refused("Not every machine knows which packages there are; none has come.", mistakes)
    forget()
    found = {host.name: it for host, it in on_each(hosts, lambda it: ask(it, Updates)).items()}
    for name, waiting in found.items():
        logger.info(f"[{name}] {_meant(platform, platform.machine(name), waiting)}")
    return found


def told(state: UpdatesState) -> str:
    """What waits, counted; "" where nothing does."""
    parts = []
    if count := len(state.waiting):
        security = f", {state.security} of them for security" if state.security else ""
        parts.append(f"{count} package{' waits' if count == 1 else 's wait'}{security}")
    if state.reboot:
        parts.append(f"a reboot is pending ({', '.join(state.reboot)})")
    if state.stale:
        parts.append("its lists of packages are old (journalctl -u package-lists)")
    return "; ".join(parts)


def _listed(host: Host) -> Mistake | None:
    went, output = host.run_shell_command(
        StringCommand(apt.UPDATE),
        _sudo=host.data.get("_sudo", True),
        _env=host.data.get("_env", {}),
    )
    why = (output.stderr or output.stdout).strip()
    return None if went else Mistake(host.name, "", "", f"apt-get update: {why}")


def _meant(platform: Platform, machine: Machine, state: UpdatesState) -> str:
    if not state.due:
        return "nothing waits"
    lines = [told(state), *(f"  {update}" for update in state.waiting)]
    lines += [f"  {_reboots(state)}{_meanwhile(platform, machine)}"]
    return "\n    ".join(lines)


def _reboots(state: UpdatesState) -> str:
    if state.needs_reboot:
        return "it will be rebooted"
    return "it is rebooted if these ask for it"


def _meanwhile(platform: Platform, machine: Machine) -> str:
    if machine == platform.docker:
        return ": the site and the registry do not answer meanwhile"
    if is_alone(platform, machine.hostname):
        return ": the only worker, without which nothing of the application answers"
    return ""
