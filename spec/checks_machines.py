"""Checks of the machines: their names, their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from spec import ports
from spec.errors import Mistake
from spec.names import Hostname, is_address
from spec.parts import Machine
from spec.reserved import UPSTREAM
from spec.settings import All, DockerHost, Settings

NAME_LENGTH = 63  # of the label kubernetes.io/hostname
_HOSTNAME: TypeAdapter[str] = TypeAdapter(Hostname)


def machines(machines: Sequence[Machine], settings: Mapping[str, Settings]) -> Iterable[Mistake]:
    """What is wrong with the machines: by themselves, and with what else has names here."""
    yield from _names(machines)
    yield from _addresses(machines, settings.get("all"))
    yield from _ways_in(machines)
    yield from ports.ssh(machines)
    docker_host = settings.get("docker_host")
    if isinstance(docker_host, DockerHost):
        yield from _served(docker_host, machines)
        yield from _others(docker_host, machines, settings)


def _names(machines: Iterable[Machine]) -> Iterable[Mistake]:
    known: dict[str, str] = {}
    for machine in machines:
        if machine.hostname in known:
            reason = f"{known[machine.hostname]} has this host name already"
            yield Mistake("inventory", "host name", machine.name, reason)
        known.setdefault(machine.hostname, machine.name)
        try:
            _HOSTNAME.validate_python(machine.hostname)
        except ValidationError as error:
            reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            yield Mistake("inventory", "host name", machine.name, reason)
        else:
            if len(machine.hostname) > NAME_LENGTH:
                reason = f"{len(machine.hostname)} characters long, and a node's name is a label of"
                reason += f" {NAME_LENGTH} at most: choose a shorter one"
                yield Mistake("inventory", "host name", machine.name, reason)


def _ways_in(machines: Iterable[Machine]) -> Iterable[Mistake]:
    known: dict[tuple[str, int], str] = {}
    for machine in machines:
        if machine.name.startswith("@") and not machine.name.startswith("@ssh/"):
            continue  # reached by another connector of pyinfra's
        way_in = (machine.ssh_hostname, machine.ssh_port)
        if way_in in known and machine.ssh_hostname != str(machine.address):
            reason = f"leads to {known[way_in]} as well, by port {machine.ssh_port}: write this"
            reason += " machine's own, or another ssh_port"
            yield Mistake(machine.name, "ssh_hostname", machine.ssh_hostname, reason)
        known.setdefault(way_in, machine.name)


def _served(settings: DockerHost, machines: Sequence[Machine]) -> Iterable[Mistake]:
    """Who serves under a name of its own may not be called like a machine, nor live elsewhere."""
    hosts = {machine.hostname for machine in machines}
    served = {"harbor_url": settings.harbor_host, "edge_host": settings.edge_host}
    for setting, name in served.items():
        if name in hosts:
            reason = f"a machine is called {name}: choose a name that no machine has"
            yield Mistake("docker_host", setting, getattr(settings, setting), reason)
    if is_address(settings.harbor_host):
        own = [str(machine.address) for machine in machines if "docker_host" in machine.groups]
        if own and settings.harbor_host not in own:
            reason = f"not the address of the machine that serves it: write {own[0]}, or a name"
            yield Mistake("docker_host", "harbor_url", settings.harbor_url, reason)
        if settings.harbor_tls and not settings.harbor_certificate:
            reason = "the certificate that a run makes is for a name: write a name, http, or bring"
            reason += " a certificate for the address (harbor_certificate)"
            yield Mistake("docker_host", "harbor_url", settings.harbor_url, reason)


def _others(
    own: DockerHost, machines: Sequence[Machine], settings: Mapping[str, Settings]
) -> Iterable[Mistake]:
    """Every machine finds the platform's names on the platform: nobody else's may be among them."""
    names = {"harbor_url": own.harbor_host, "edge_host": own.edge_host}
    theirs = _upstream(settings.values())
    for setting, name in names.items():
        # Of what is below it Docker asks several.
        if other := theirs.get("docker.io" if name.endswith(".docker.io") else name):
            reason = f"{other} is somewhere else under this name, and no machine would find it any"
            reason += " more: choose a name of your own"
            yield Mistake("docker_host", setting, getattr(own, setting), reason)
    for machine in machines:
        if other := theirs.get(machine.hostname):
            reason = f"{other} is somewhere else under this name: choose a name of your own"
            yield Mistake("inventory", "host name", machine.name, reason)
    common = settings.get("all")
    known = {*names.values(), *(machine.hostname for machine in machines)}
    if isinstance(common, All) and common.dns_probe in known:
        reason = (
            "stands in /etc/hosts of each machine, so that it says nothing of DNS: write a name"
        )
        reason += " that is looked up, of somebody who is always there"
        yield Mistake("all hosts", "dns_probe", common.dns_probe, reason)


def _upstream(settings: Iterable[Settings]) -> dict[str, str]:
    """Whom the settings ask by a name, and which one says so."""
    found = dict(UPSTREAM)
    for group in settings:
        for setting in type(group).model_fields:
            value = getattr(group, setting)
            for url in value if isinstance(value, tuple) else (value,):
                host = urlsplit(url).hostname if isinstance(url, str) and "://" in url else None
                if host and setting != "harbor_url":
                    found.setdefault(host, setting)
            if setting in ("gitlab_ssh_host", "kubeadm_images"):
                found.setdefault(value.partition("/")[0], setting)
            if setting == "containerd_mirrors":
                found.update({name: setting for name in value if name not in found})
    return found


def _addresses(machines: Sequence[Machine], common: Settings | None) -> Iterable[Mistake]:
    taken: dict[str, str] = {}
    for machine in machines:
        address = str(machine.address)
        if address in taken:
            reason = f"{taken[address]} has this address already"
            yield Mistake(machine.name, "address", address, reason)
        taken.setdefault(address, machine.name)
        if isinstance(common, All) and machine.address not in common.node_network:
            reason = f"outside of node_network {common.node_network}"
            yield Mistake(machine.name, "address", address, reason)
        elif isinstance(common, All) and machine.address in (
            common.node_network.network_address,
            common.node_network.broadcast_address,
        ):
            reason = f"not an address of a host in node_network {common.node_network}"
            yield Mistake(machine.name, "address", address, reason)
