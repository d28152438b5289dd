"""Checks that need more than one setting: addresses, ranges, ports, names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

from cryptography import x509
from pydantic import TypeAdapter, ValidationError

from spec import project
from spec.certificate import own_certificate
from spec.errors import Mistake
from spec.kubernetes import POD_BITS
from spec.platform import Machine
from spec.settings import All, DockerHost, K8sControl, K8sWorker, Settings
from spec.types import Hostname

_HOSTNAME: TypeAdapter[str] = TypeAdapter(Hostname)


def check(machines: Sequence[Machine], settings: Mapping[str, Settings]) -> list[Mistake]:
    """Every mistake that shows only when settings are held against each other."""
    mistakes = [*_names(machines), *_addresses(machines, settings.get("all"))]
    mistakes += _ranges(settings.values())
    docker_host = settings.get("docker_host")
    if isinstance(docker_host, DockerHost):
        mistakes += _docker_host(docker_host, machines)
    k8s_worker = settings.get("k8s_worker")
    if isinstance(k8s_worker, K8sWorker):
        mistakes += _k8s_worker(k8s_worker, machines)
    k8s_control = settings.get("k8s_control")
    if isinstance(k8s_control, K8sControl):
        mistakes += _k8s_control(k8s_control, machines)
    return mistakes


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


def _ranges(settings: Iterable[Settings]) -> Iterable[Mistake]:
    """No two networks may overlap: traffic for a machine would end in a container, or back."""
    ranges: list[tuple[str, str, IPv4Network]] = []
    for group in settings:
        for name in type(group).model_fields:
            value = getattr(group, name)
            if isinstance(value, IPv4Network):
                ranges.append((group.group, name, value))
    for (_, first, one), (group_name, second, other) in combinations(ranges, 2):
        if one.overlaps(other):
            yield Mistake(group_name, second, str(other), f"overlaps {first} {one}")


def _docker_host(settings: DockerHost, machines: Iterable[Machine]) -> Iterable[Mistake]:
    machine = next((m for m in machines if "docker_host" in m.groups), None)
    users: dict[int, list[str]] = defaultdict(list)
    if machine:
        users[machine.ssh_port].append("ssh_port")
    users[settings.harbor_port].append("harbor_url")
    for name in ("edge_http_port", "edge_https_port"):
        users[getattr(settings, name)].append(name)
    yield from _taken_twice("docker_host", users, machine.name if machine else "docker_host")
    for subject in ("edge", "harbor"):
        reason = own_certificate(settings, subject)
        if reason:
            name = f"{subject}_certificate"
            yield Mistake("docker_host", name, repr(getattr(settings, name)), reason)
    yield from _harbor(settings)
    yield from _project(settings)
    if settings.harbor_host == settings.edge_host:
        reason = "the registry has this name already (harbor_url); choose another"
        yield Mistake("docker_host", "edge_host", settings.edge_host, reason)


def _harbor(settings: DockerHost) -> Iterable[Mistake]:
    for name in ("harbor_certificate", "harbor_ca"):
        value = getattr(settings, name)
        if value and not settings.harbor_tls:
            reason = f"is for a registry over https, and harbor_url is {settings.harbor_url}"
            yield Mistake("docker_host", name, repr(value), reason)
    if settings.harbor_ca and not settings.harbor_certificate:
        reason = "goes with harbor_certificate: a self-signed one is its own"
        yield Mistake("docker_host", "harbor_ca", repr(settings.harbor_ca), reason)
    elif settings.harbor_ca:
        try:
            x509.load_pem_x509_certificate(Path(settings.harbor_ca).read_bytes())
        except OSError as missing:
            reason = f"cannot be read: {missing.filename}: {missing.strerror}"
            yield Mistake("docker_host", "harbor_ca", repr(settings.harbor_ca), reason)
        except ValueError:
            reason = "not a PEM certificate"
            yield Mistake("docker_host", "harbor_ca", repr(settings.harbor_ca), reason)


def _project(settings: DockerHost) -> Iterable[Mistake]:
    source = settings.project_source
    if source is None or project.is_address(source):
        return  # cloned on the machine, which looks at it then
    try:
        reason = ", ".join(project.lacking(project.read(source)))
        reason = reason and f"lacks {reason}, which the platform or GitLab calls"
    except OSError as missing:
        reason = f"cannot be read: {missing.filename}: {missing.strerror}"
    except ValueError as bad:
        reason = str(bad)
    if reason:
        yield Mistake("docker_host", "project_source", repr(source), reason)


def _k8s_control(settings: K8sControl, machines: Sequence[Machine]) -> Iterable[Mistake]:
    nodes = sum("k8s_node" in machine.groups for machine in machines)
    length = settings.pod_network.prefixlen
    room = 2 ** (POD_BITS - length) if length <= POD_BITS else 0
    if room < nodes:
        reason = (
            f"too small: each node gets a /{POD_BITS} of it, so it is enough for {room} nodes,"
            f" and there are {nodes}"
        )
        yield Mistake("k8s_control", "pod_network", str(settings.pod_network), reason)
    if not 12 <= settings.service_network.prefixlen <= 24:
        reason = "Kubernetes takes a range from /12 to /24 for services"
        yield Mistake("k8s_control", "service_network", str(settings.service_network), reason)


def _k8s_worker(settings: K8sWorker, machines: Sequence[Machine]) -> Iterable[Mistake]:
    users: dict[int, list[str]] = defaultdict(list)
    for name in type(settings).model_fields:
        if name.endswith("_port"):
            users[getattr(settings, name)].append(name)
    yield from _taken_twice("k8s_worker", users, "every worker")
    workers = [machine.hostname for machine in machines if "k8s_worker" in machine.groups]
    named = {"app_database_worker": [settings.app_database_worker]}
    named["worker_labels"] = list(settings.worker_labels)
    for setting, names in named.items():
        for name in names:
            if workers and name not in workers:
                reason = f"no machine of k8s_worker has this name; there are {', '.join(workers)}"
                yield Mistake("k8s_worker", setting, name, reason)


def _taken_twice(group: str, users: Mapping[int, Sequence[str]], where: str) -> Iterable[Mistake]:
    for port, (first, *others) in users.items():
        for name in others:
            reason = f"taken by {first} on {where}; choose another"
            yield Mistake(group, name, str(port), reason)
