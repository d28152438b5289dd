"""From the inventory's data to a checked platform, or to one refusal with every mistake in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pyinfra import logger

from spec import inventory
from spec.certificate import ends_soon
from spec.checks import check
from spec.errors import Mistake, Refused, reason_of
from spec.inventory import HostData
from spec.mail import passwords
from spec.platform import Platform
from spec.rotation import ROTATIONS, before
from spec.secrets import SECRETS_FILE, Secrets
from spec.secrets_file import doubts
from spec.settings import GROUPS, K8sWorker, Settings

_loaded: Platform | None = None


def platform() -> Platform:
    """The platform of this run; `load` comes first."""
    assert _loaded is not None, "spec.load() has not run"
    return _loaded


def load(hosts: Iterable[HostData]) -> Platform:
    """Check everything that the inventory and group_data say; raises Refused with all mistakes."""
    global _loaded
    hosts = list(hosts)
    mistakes = inventory.mistakes(hosts)
    machines = list(inventory.machines(hosts, mistakes))
    settings: dict[str, Settings] = {}
    for model in GROUPS:
        found = _settings(model, hosts, mistakes)
        if found is not None:
            settings[model.group] = found
    secrets = _secrets(mistakes)
    mistakes += check(machines, settings)
    if secrets and isinstance(workers := settings.get("k8s_worker"), K8sWorker):
        mistakes += passwords(workers.monitoring_mail, secrets)
    if mistakes or secrets is None:
        raise Refused("Settings are refused; nothing was touched.", sorted(set(mistakes)))
    turned = {n: old for n, old in before().items() if old != getattr(secrets, n, old)}
    _loaded = Platform(tuple(machines), secrets=secrets, before=turned, **settings)  # type: ignore[arg-type]
    for name in (name for name, it in ROTATIONS.items() if it.secret in turned):
        logger.warning(f"{name} is half turned over: `make rotate NAME={name}` goes on")
    for subject in ("edge", "harbor"):
        if soon := ends_soon(_loaded.docker_host, subject):
            logger.warning(soon)
    return _loaded


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
            mistakes.append(Mistake(where, name, value, reason_of(problem)))
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
                reason = reason_of(problem)
            mistakes.append(Mistake("secrets", name, "", reason))
    return None
