"""From the inventory's data to a checked platform, or to one refusal with every mistake in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pyinfra import logger
from pyinfra.connectors.ssh import connector_data_meta as ssh_keys

from spec.certificate import ends_soon
from spec.checks import check
from spec.errors import Mistake, Refused
from spec.parts import SSH_PORT, Machine
from spec.platform import Platform
from spec.renamed import RENAMED
from spec.secrets import SECRETS_FILE, Secrets
from spec.secrets_file import doubts
from spec.settings import GROUPS, Settings
from spec.types import HostKey

ROLES = ("docker_host", "k8s_control", "k8s_worker", "k8s_node")
HOST_KEYS = ("address", "host_key")
# What a person has to write where pydantic found another kind of value.
WANTED = {
    "bool_type": "True or False, without quotes",
    "mapping_type": 'a table such as {"name": "value"}',
    "dict_type": 'a table such as {"name": "value"}',
    "string_type": 'text: write it between quotes, "…"',
    "tuple_type": 'a list: write it between brackets, ["…"]',
}


@dataclass(frozen=True)
class HostData:
    """What the inventory says of one host: name, groups, and its merged data."""

    name: str
    groups: Sequence[str]
    data: Mapping[str, Any]


_loaded: Platform | None = None


def platform() -> Platform:
    """The platform of this run; `load` comes first."""
    assert _loaded is not None, "spec.load() has not run"
    return _loaded


def load(hosts: Iterable[HostData]) -> Platform:
    """Check everything that the inventory and group_data say; raises Refused with all mistakes."""
    global _loaded
    hosts = list(hosts)
    mistakes = [*_unknown(hosts), *_misplaced(hosts), *_groups(hosts), *_strangers(hosts)]
    machines = list(_machines(hosts, mistakes))
    settings: dict[str, Settings] = {}
    for model in GROUPS:
        found = _settings(model, hosts, mistakes)
        if found is not None:
            settings[model.group] = found
    secrets = _secrets(mistakes)
    mistakes += check(machines, settings)
    if mistakes or secrets is None:
        raise Refused("Settings are refused; nothing was touched.", sorted(set(mistakes)))
    _loaded = Platform(tuple(machines), secrets=secrets, **settings)  # type: ignore[arg-type]
    for subject in ("edge", "harbor"):
        if soon := ends_soon(_loaded.docker_host, subject):
            logger.warning(soon)
    return _loaded


def _known() -> dict[str, type[Settings]]:
    return {name: model for model in GROUPS for name in model.model_fields}


def _unknown(hosts: list[HostData]) -> Iterable[Mistake]:
    known = {*_known(), *HOST_KEYS, *ssh_keys}
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
    for name, model in _known().items():
        members = [host for host in hosts if model.group in ("all", *host.groups)]
        there = {repr(host.data.get(name)) for host in members}
        for host in hosts:
            if host not in members and name in host.data and repr(host.data[name]) not in there:
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
    for role in ("docker_host", "k8s_control"):
        if len(members[role]) > 1:
            names = ", ".join(members[role])
            yield Mistake("inventory", role, names, "the group takes exactly one machine")
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
                yield Mistake(host.name, "host_key", value, _reason(error.errors()[0]))
        checking = host.data.get("ssh_strict_host_key_checking", "yes")
        if checking != "yes":
            reason = "would believe any host key: take it out; `make trust` records the right ones"
            yield Mistake(host.name, "ssh_strict_host_key_checking", str(checking), reason)


def _machines(hosts: list[HostData], mistakes: list[Mistake]) -> Iterable[Machine]:
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


def _settings(
    model: type[Settings], hosts: list[HostData], mistakes: list[Mistake]
) -> Settings | None:
    members = [host for host in hosts if model.group == "all" or model.group in host.groups]
    if not members:
        return None
    where = model.group if model.group != "all" else "all hosts"
    merged: dict[str, Any] = {}
    for name in model.model_fields:
        values = {repr(host.data[name]): host.data[name] for host in members if name in host.data}
        if len(values) > 1:
            told = ", ".join(f"{h.name} {h.data.get(name)!r}" for h in members)
            mistakes.append(
                Mistake(where, name, told, "must be the same on every host of the group")
            )
        if values:
            merged[name] = next(iter(values.values()))
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        for problem in error.errors():
            name, value = _place(problem, merged)
            value = "" if problem["type"] == "missing" else value
            mistakes.append(Mistake(where, name, value, _reason(problem)))
    return None


def _place(problem: Any, merged: Mapping[str, Any]) -> tuple[str, str]:
    """Which setting is meant, app_tiers.go.port, and what a person wrote there."""
    name = str(problem["loc"][0])
    value = merged.get(name)
    for part in problem["loc"][1:]:
        if not isinstance(value, Mapping) or part not in value:
            break
        name, value = f"{name}.{part}", value[part]
    return name, repr(value)


def _secrets(mistakes: list[Mistake]) -> Secrets | None:
    if SECRETS_FILE.exists() and SECRETS_FILE.stat().st_mode & 0o077:
        mode = f"{SECRETS_FILE.stat().st_mode & 0o777:04o}"
        mistakes.append(
            Mistake(
                "secrets",
                SECRETS_FILE.name,
                mode,
                f"others may read it: chmod 600 {SECRETS_FILE.name}",
            )
        )
        return None
    doubted = doubts(SECRETS_FILE)
    mistakes += [Mistake("secrets", name, "", reason) for name, reason in doubted.items()]
    if SECRETS_FILE.name in doubted:
        return None
    try:
        return Secrets()
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            if name in doubted:
                continue
            if problem["type"] == "missing":
                reason = (
                    f"missing: bring {SECRETS_FILE.name} from where the platform was deployed, or"
                    f" set {name.upper()}; for a new platform `make secrets` makes one"
                )
            elif problem["type"] == "extra_forbidden":
                near = difflib.get_close_matches(name, Secrets.model_fields, n=1)
                reason = "unknown secret" + (f"; did you mean {near[0]}?" if near else "")
            else:
                reason = _reason(problem)
            mistakes.append(Mistake("secrets", name, "", reason))
    return None


def _reason(problem: Any) -> str:
    text = str(problem["msg"])
    if problem["type"] == "value_error":
        return text.removeprefix("Value error, ")
    if problem["type"] == "missing":
        return "missing; its home is the group's file in group_data/"
    if wanted := WANTED.get(problem["type"]):
        return f"not {wanted}"
    return text[:1].lower() + text[1:]


def _named(owners: list[HostData], hosts: list[HostData]) -> str:
    return "all hosts" if len(owners) == len(hosts) else ", ".join(host.name for host in owners)
