"""Names: files that cannot be changed, resolvers that ask themselves, proxies."""

from __future__ import annotations

import re
from ipaddress import ip_address

from facts.probe import Probe
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

RESOLVED = "99-threebody.conf"
# Behind it nobody is asked whom the one before has not found (nsswitch.conf(5)).
ENDS = re.compile(r"\[[^]]*=return[^]]*\]", re.IGNORECASE)


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What a machine believes of names, and would not let go of."""
    yield from _immutable(platform, machine, probe)
    yield from _resolvers(machine, probe)
    yield from _lookups(machine, probe)
    for line in probe.names.proxies:
        name = line.removeprefix("export ").partition("=")[0].strip()
        yield noted(
            machine,
            f"/etc/environment sets {name}: downloads of a run go through it, what the platform's"
            " machines ask each other does not; Docker and containerd do not use it",
        )

    for line in probe.names.docker if "docker_host" in machine.groups else ():
        yield refused(
            machine,
            f"/etc/environment says `{line}` to every `docker`, which asks elsewhere then, or for"
            " something else: take that line out",
        )


def _immutable(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    found = probe.names
    wanted = {
        "/etc/resolv.conf": True,
        "/etc": True,
        "/etc/hostname": found.hostname != machine.hostname,
        "/etc/hosts": not _knows_all(platform, found.hosts),
        "/etc/fstab": bool(probe.kernel.swap) and "k8s_node" in machine.groups,
    }
    for path, changes in wanted.items():
        if changes and path in found.immutable:
            yield refused(
                machine,
                f"{path} is immutable, and the platform has to change it: `chattr -i {path}`, if"
                " nobody needs that",
            )


def _lookups(machine: Machine, probe: Probe) -> Findings:
    if probe.names.lost:
        yield refused(
            machine,
            f"/etc/resolv.conf leads to {probe.names.lost}, which is not there: no name is found,"
            " not even that of a package's source; write a file in its place, with a line"
            " `nameserver ADDRESS`",
        )
    if not {"files", "resolve"} & set(ENDS.split(probe.names.lookup)[0].split()):
        yield refused(
            machine,
            f"/etc/nsswitch.conf looks for hosts in `{probe.names.lookup}`, and not in /etc/hosts,"
            " where the platform's names stand: put `files` before the rest",
        )


def _knows_all(platform: Platform, hosts: tuple[str, ...]) -> bool:
    rows = [line.split() for line in hosts]
    return all(
        any(row[:1] == [f"{other.address}"] and name in row for row in rows)
        for other in platform.machines
        for name in platform.names(other)
    )


def _resolvers(machine: Machine, probe: Probe) -> Findings:
    for file, servers in probe.names.dns:
        if file.endswith(RESOLVED):
            continue
        local = [server for server in servers.split() if _is_loopback(server)]
        if local and "k8s_node" in machine.groups:
            yield refused(
                machine,
                f"{file} names {', '.join(local)} as DNS server, which in a pod is the pod itself:"
                " CoreDNS would ask itself for ever; take it out there",
            )


def _is_loopback(server: str) -> bool:
    try:
        return ip_address(server.partition("#")[0]).is_loopback
    except ValueError:
        return False
