"""What the inventory says of hosts: their names, groups and addresses, and where settings stand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pyinfra.api.arguments import all_argument_meta
from pyinfra.connectors.ssh import connector_data_meta as ssh_keys

from spec.errors import Mistake, reason_of
from spec.parts import SSH_PORT, Machine
from spec.renamed import RENAMED
from spec.settings import GROUPS, Settings
from spec.types import HostKey

ROLES = ("docker_host", "k8s_control", "k8s_worker", "k8s_node")
HOST_KEYS = ("address", "host_key")
# Of pyinfra's arguments for operations, those that a person may give to all of them.
OPEN_ARGUMENTS = {"_sudo", "_sudo_user", "_sudo_password", "_temp_dir"}
QUORUM = (
    "three: etcd writes while most of its members are there, so that of two none may die, of four"
    " no more than of three; one that died is replaced, not left out"
)
SAID_ONCE = ("confirm",)  # with --data, for one run


@dataclass(frozen=True)
class HostData:
    """What the inventory says of one host: name, groups, and its merged data."""

    name: str
    groups: Sequence[str]
    data: Mapping[str, Any]


def mistakes(hosts: list[HostData]) -> list[Mistake]:
    """What is wrong with names, places and roles; values of settings are judged elsewhere."""
    return [*_unknown(hosts), *_misplaced(hosts), *_groups(hosts), *_strangers(hosts)]


def machines(hosts: list[HostData], mistakes: list[Mistake]) -> Iterable[Machine]:
    """The machines, and among the mistakes what is wrong with how they are reached."""
    for host in hosts:
        setting = "address" if "address" in host.data else "ssh_hostname"
        text = str(host.data.get(setting, ""))
        try:
            address = IPv4Address(text)
        except ValueError:
            mistakes.append(
                Mistake(host.name, setting, text, "not an IPv4 address on the node network")
            )
            continue
        given = host.data.get("ssh_port")
        given = SSH_PORT if given is None else given
        port = int(given) if str(given).isdecimal() else 0
        if not 1 <= port <= 65535:
            reason = "not a port: 1 to 65535"
            mistakes.append(Mistake(host.name, "ssh_port", str(given), reason))
        reached = str(host.data.get("ssh_hostname") or address)
        if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]+(%[A-Za-z0-9._-]+)?", reached):
            reason = "not a host alone: its user is ssh_user, its port ssh_port, each on its own"
            mistakes.append(Mistake(host.name, "ssh_hostname", reached, reason))
        yield Machine(
            host.name, address, tuple(g for g in host.groups if g in ROLES), port, reached
        )


def _known() -> dict[str, type[Settings]]:
    return {name: model for model in GROUPS for name in model.model_fields}


def _unknown(hosts: list[HostData]) -> Iterable[Mistake]:
    known = {*_known(), *HOST_KEYS, *SAID_ONCE, *ssh_keys}
    seen: dict[str, list[HostData]] = {}
    for host in hosts:
        for key in host.data:
            if key not in known and not key.startswith(("_", "fake_")):
                seen.setdefault(key, []).append(host)
    for key, owners in seen.items():
        yield Mistake(_named(owners, hosts), key, "", f"unknown setting; {_meant(key, known)}")


def _misplaced(hosts: list[HostData]) -> Iterable[Mistake]:
    """What a person says where nobody reads it."""
    for host in hosts:
        if "_sudo_password" in host.data:
            reason = "a secret, for all to read: write sudo_password into secrets.env instead"
            yield Mistake(host.name, "_sudo_password", "", reason)
        for name in sorted((all_argument_meta.keys() & host.data.keys()) - OPEN_ARGUMENTS):
            reason = "says how every operation runs, which the platform says itself: leave it out"
            yield Mistake(host.name, name, repr(host.data[name]), reason)
        for name, wanted in (("_sudo", True), ("_sudo_user", "root")):
            given = host.data.get(name, wanted)
            if given != wanted and host.data.get("ssh_user") != "root":
                reason = f"a run becomes root with sudo: write {wanted!r}, or root as ssh_user"
                yield Mistake(host.name, name, repr(given), reason)
    for name, model in _known().items():
        members = [host for host in hosts if model.group in ("all", *host.groups)]
        present = {repr(host.data.get(name)) for host in members}
        for host in hosts:
            if host not in members and name in host.data and repr(host.data[name]) not in present:
                reason = f"counts for {model.group} only, which says something else: write it into"
                reason += f" group_data/{model.group}.py"
                yield Mistake(host.name, name, repr(host.data[name]), reason)


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return RENAMED.get(name) or (
        f"did you mean {near[0]}?" if near else "no setting has a name like it"
    )


def _groups(hosts: list[HostData]) -> Iterable[Mistake]:
    members = {role: [host.name for host in hosts if role in host.groups] for role in ROLES}
    for role in ("docker_host", "k8s_control", "k8s_worker"):
        if not members[role]:
            yield Mistake("inventory", role, "", "the group is empty; it needs a machine")
    if len(members["docker_host"]) > 1:
        names = ", ".join(members["docker_host"])
        yield Mistake("inventory", "docker_host", names, "the group takes exactly one machine")
    if members["k8s_control"] and len(members["k8s_control"]) not in (1, 3):
        names = ", ".join(members["k8s_control"])
        yield Mistake("inventory", "k8s_control", names, f"the group takes one machine or {QUORUM}")
    for host in hosts:
        roles = [role for role in ROLES[:3] if role in host.groups]
        if len(roles) > 1:
            reason = "one machine, one role: they want the same ports and runtime; write another"
            yield Mistake("inventory", host.name, ", ".join(roles), reason)
    nodes = set(members["k8s_control"]) | set(members["k8s_worker"])
    if set(members["k8s_node"]) != nodes:
        names = ", ".join(members["k8s_node"]) or "nobody"
        yield Mistake("inventory", "k8s_node", names, "must be k8s_control + k8s_worker")


def _strangers(hosts: list[HostData]) -> Iterable[Mistake]:
    """Who would be believed at first sight, and sent sudo's password."""
    for host in hosts:
        if "host_key" in host.data:
            try:
                TypeAdapter(HostKey).validate_python(host.data["host_key"])
            except ValidationError as error:
                value = str(host.data["host_key"])
                yield Mistake(host.name, "host_key", value, reason_of(error.errors()[0]))
        checking = host.data.get("ssh_strict_host_key_checking", "yes")
        if checking != "yes":
            reason = "would believe any host key: take it out; `make trust` records the right ones"
            yield Mistake(host.name, "ssh_strict_host_key_checking", str(checking), reason)


def _named(owners: list[HostData], hosts: list[HostData]) -> str:
    return "all hosts" if len(owners) == len(hosts) else ", ".join(host.name for host in owners)
