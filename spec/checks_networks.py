"""Checks of networks against each other, and against the addresses that something has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from spec.errors import Mistake
from spec.kubernetes import BALANCED_PORT
from spec.parts import Machine
from spec.settings import All, DockerHost, K8sControl, Settings

# Docker gives its own bridge, the edge, the registry and each build's network a /24 of its range.
DOCKER_BITS, DOCKER_LEAST = 24, 21
# Between these: kube-controller-manager gives nodes no /24 of anything larger.
POD_MOST = 8


def networks(settings: Mapping[str, Settings], machines: Sequence[Machine]) -> Iterator[Mistake]:
    """What is wrong with a network only because of another, or of who has an address in it."""
    common, docker, cluster = (settings.get(name) for name in ("all", "docker_host", "k8s_control"))
    yield from _overlaps(settings.values())
    inner: dict[str, IPv4Network] = {}
    if isinstance(docker, DockerHost):
        inner["docker_network"] = docker.docker_network
        yield from _size(docker.docker_network)
    if isinstance(cluster, K8sControl):
        inner["pod_network"] = cluster.pod_network
        inner["service_network"] = cluster.service_network
        if cluster.pod_network.prefixlen < POD_MOST:
            reason = f"too large: a /{POD_MOST} is the most that Kubernetes can divide among nodes"
            yield Mistake("k8s_control", "pod_network", str(cluster.pod_network), reason)
    if isinstance(common, All):
        yield from _machines(common, machines)
        yield from _dns(common, inner, machines)
        yield from _operators(common, inner)
    if isinstance(cluster, K8sControl):
        yield from _virtual(cluster, common, inner, machines)
    yield from _ways_in(machines, inner)


def _virtual(
    cluster: K8sControl,
    common: Settings | None,
    inner: Mapping[str, IPv4Network],
    machines: Sequence[Machine],
) -> Iterator[Mistake]:
    """The address that moves is nobody else's, and one that each machine reaches at its card."""
    address = cluster.control_plane_address
    controls = [machine for machine in machines if "k8s_control" in machine.groups]
    wrong = partial(Mistake, "k8s_control", "control_plane_address", f"{address or ''}")
    if not address:
        if len(controls) > 1:
            reason = "with three control planes the API needs an address that moves to one that is"
            yield wrong(f"{reason} there: write one of node_network that nothing else has")
        return
    yield from (
        wrong(f"is {machine.name}: write one that no machine has")
        for machine in machines
        if f"{address}" in (f"{machine.address}", machine.ssh_hostname)
    )
    for name, network in _holding(address, inner):
        yield wrong(f"lies in {name} {network}: write one of node_network")
    if isinstance(common, All):
        nodes = common.node_network
        if address not in nodes or address in (nodes.network_address, nodes.broadcast_address):
            yield wrong(f"not an address of a host in node_network {nodes}, where it moves")
        if address in (*common.dns_servers, *common.dns_fallback):
            yield wrong("is a DNS server: write one that nothing else has")
    for machine in controls:
        if machine.ssh_port == BALANCED_PORT:
            yield wrong(f"{machine.name} has SSH at {BALANCED_PORT}, where HAProxy is to answer")


def _overlaps(settings: Iterable[Settings]) -> Iterator[Mistake]:
    """No two networks may overlap: traffic for a machine would end in a container, or back."""
    ranges: list[tuple[str, str, IPv4Network]] = []
    for group in settings:
        for name in type(group).model_fields:
            value = getattr(group, name)
            if isinstance(value, IPv4Network):
                ranges.append((group.group, name, value))
    for (_, first, one), (group_name, second, other) in combinations(ranges, 2):
        if one.overlaps(other):
            yield Mistake(
                group_name, second, str(other), f"overlaps {first} {one}; choose one beside it"
            )


def _size(network: IPv4Network) -> Iterator[Mistake]:
    if network.prefixlen > DOCKER_LEAST:
        room = 2 ** (DOCKER_BITS - network.prefixlen) if network.prefixlen <= DOCKER_BITS else 0
        reason = (
            f"too small: each of Docker's networks gets a /{DOCKER_BITS} of it, so it is enough for"
            f" {room}; write a /{DOCKER_LEAST} or larger"
        )
        yield Mistake("docker_host", "docker_network", str(network), reason)


def _machines(common: All, machines: Sequence[Machine]) -> Iterator[Mistake]:
    room = max(common.node_network.num_addresses - 2, 0)
    if room < len(machines):
        reason = (
            f"too small: it has room for {room} machines, and there are {len(machines)}; write the"
            " network that the machines share"
        )
        yield Mistake("all hosts", "node_network", str(common.node_network), reason)


def _dns(
    common: All, inner: Mapping[str, IPv4Network], machines: Sequence[Machine]
) -> Iterator[Mistake]:
    nodes = common.node_network
    for setting in ("dns_servers", "dns_fallback"):
        for server in getattr(common, setting):
            for machine in machines:
                if machine.address == server:
                    reason = f"is {machine.name}, whose firewall lets nobody ask it for names:"
                    reason += " write a DNS server besides the platform"
                    yield Mistake("all hosts", setting, str(server), reason)
            if server in (nodes.network_address, nodes.broadcast_address):
                reason = f"not an address of a host in node_network {nodes}: nobody answers there"
                yield Mistake("all hosts", setting, str(server), reason)
            for name, network in _holding(server, inner):
                reason = f"lies in {name} {network}: it would be looked for among containers;"
                reason += f" write a DNS server outside of it, or move {name}"
                yield Mistake("all hosts", setting, str(server), reason)


def _operators(common: All, inner: Mapping[str, IPv4Network]) -> Iterator[Mistake]:
    seen: list[IPv4Network] = []
    for network in common.operator_networks:
        if twin := next((other for other in seen if other.overlaps(network)), None):
            reason = f"overlaps {twin}, which stands there already: leave one of them out"
            yield Mistake("all hosts", "operator_networks", str(network), reason)
        for name, other in inner.items():
            if other.overlaps(network):
                reason = (
                    f"overlaps {name} {other}: answers to people there would end in a container;"
                )
                reason += f" name their networks more closely, or move {name}"
                yield Mistake("all hosts", "operator_networks", str(network), reason)
        seen.append(network)


def _ways_in(machines: Sequence[Machine], inner: Mapping[str, IPv4Network]) -> Iterator[Mistake]:
    """A machine's other address, by which the operator reaches it, is a machine's as well."""
    for machine in machines:
        try:
            way_in = IPv4Address(machine.ssh_hostname)
        except ValueError:
            continue  # a name
        if way_in == machine.address:
            continue  # a network that holds it overlaps node_network
        for name, network in _holding(way_in, inner):
            reason = f"lies in {name} {network}: its answers would end in a container; move {name}"
            yield Mistake(machine.name, "ssh_hostname", str(way_in), reason)


def _holding(
    address: IPv4Address, networks: Mapping[str, IPv4Network]
) -> Iterator[tuple[str, IPv4Network]]:
    for name, network in networks.items():
        if address in network:
            yield name, network
