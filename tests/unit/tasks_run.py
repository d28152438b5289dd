"""Run a layer's tasks on a host that is none: which operations they call, with what."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import gates
import operations
from facts.machine import MachineFact, MachineState
from operations.files import File
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import Facts

DEBIAN = MachineState("debian", "13", "trixie", "amd64", cloud_init=True)
LAYERS = {layer: f"tasks.{layer}" for layer in gates.LAYERS}


@dataclass(frozen=True)
class Call:
    """An operation as a task called it."""

    operation: str
    arguments: dict[str, Any]


def run(
    layer: str,
    machine: str,
    platform: Platform,
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    facts: Facts | None = None,
) -> list[Call]:
    """The operations of a layer on a machine, in their order; none of them runs."""
    calls: list[Call] = []

    def recorder(name: str) -> Callable[..., None]:
        return lambda **arguments: calls.append(Call(name, arguments))

    with monkeypatch.context() as patch:
        for module in pkgutil.iter_modules(operations.__path__):
            subject = importlib.import_module(f"operations.{module.name}")
            for name, value in vars(subject).items():
                if hasattr(value, "_inner"):
                    patch.setattr(subject, name, recorder(f"{module.name}.{name}"))
        groups = platform.machine(machine).groups
        on_host({MachineFact: DEBIAN, **(facts or {})}, machine, groups)
        importlib.import_module(LAYERS[layer]).apply.__wrapped__(platform)
    return calls


def files_of(calls: list[Call]) -> dict[str, File]:
    """Every file that these operations put on the machine, by its path there."""
    files = [file for call in calls for file in call.arguments.get("files", ())]
    return {file.path: file for file in files}
