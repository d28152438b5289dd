"""Doubles of what a task works with: a host that answers facts, a shell here instead of there."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase

from spec.inventory import HostData
from spec.secrets import MADE, strong

CHECKOUT = Path(__file__).resolve().parents[2]
Facts = Mapping[type[FactBase[Any]], Any]
# Long enough for Harbor, and so odd that finding it anywhere means that it leaked.
PASSWORD = "Xq7unitUNIT0password9Zz"
# Every secret that can be made up, as variables of the environment.
SECRETS = {name.upper(): PASSWORD if make is strong else make() for name, make in MADE.items()}


def shipped() -> list[HostData]:
    """The shipped inventory merged with group_data, as pyinfra merges them."""
    groups = {
        group: members
        for group, members in runpy.run_path(str(CHECKOUT / "inventory.py")).items()
        if not group.startswith("_")
    }
    settings = {path.stem: _settings(path) for path in (CHECKOUT / "group_data").glob("*.py")}
    machines = dict(member for members in groups.values() for member in members)
    hosts = []
    for name, own in machines.items():
        member_of = [group for group in groups if name in dict(groups[group])]
        data = dict(settings.get("all", {}))
        for group in member_of:
            data |= settings.get(group, {})
        hosts.append(HostData(name, member_of, data | own))
    return hosts


def shipped_tiers() -> dict[str, Any]:
    """The application's tiers as group_data says them."""
    (worker,) = [host for host in shipped() if "k8s_worker" in host.groups]
    return dict(worker.data["app_tiers"])


def _settings(path: Path) -> dict[str, Any]:
    found = runpy.run_path(str(path))
    return {name: value for name, value in found.items() if not name.startswith("__")}


def changed(hosts: Sequence[HostData], group: str, **settings: Any) -> list[HostData]:
    """The same hosts with some settings of a group changed (`all`: of every host)."""
    return [
        HostData(host.name, host.groups, {**host.data, **settings})
        if group == "all" or group in host.groups
        else host
        for host in hosts
    ]


class StubHost:
    """A host that answers facts from a table, or with what a bare machine would say."""

    print_prefix = ""

    def __init__(self, name: str, groups: Sequence[str] = (), facts: Facts | None = None) -> None:
        self.name = name
        self.groups = list(groups)
        self.facts = dict(facts or {})
        self.data: dict[str, Any] = {}
        self.state = SimpleNamespace(config=SimpleNamespace(DIFF=False))
        self.asked: list[tuple[type[FactBase[Any]], dict[str, Any]]] = []

    def get_fact(self, fact: type[FactBase[Any]], **arguments: Any) -> Any:
        """What the table says (or a function in it), or the fact's own default."""
        self.asked.append((fact, arguments))
        answer = self.facts[fact] if fact in self.facts else fact.default()
        return answer(**arguments) if callable(answer) else answer

    @staticmethod
    def loop(each: Iterable[Any]) -> Iterable[Any]:
        """As they come: pyinfra tells apart by it what is called in a loop."""
        return each


def commands(operation: Any, **arguments: Any) -> list[StringCommand]:
    """What an operation would run on the host that is in use."""
    return list(operation._inner(**arguments))


def texts(operation: Any, **arguments: Any) -> list[str]:
    """The same as text."""
    return [command.get_raw_value() for command in commands(operation, **arguments)]


def stdin_of(command: StringCommand) -> str:
    """What a command gets on standard input."""
    return str(command.connector_arguments.get("_stdin", ""))


def sh(
    command: str, *, stdin: str | None = None, tools: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run shell here as pyinfra runs it there; `tools` come first on PATH."""
    path = os.environ["PATH"]
    return subprocess.run(
        ["sh", "-c", command],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PATH": f"{tools}:{path}" if tools else path, "LC_ALL": "C"},
    )


def refused_with(command: str) -> str:
    """What a command that only refuses says."""
    assert command.startswith("echo ")
    done = sh(command)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.strip()


def parses(command: str) -> bool:
    """Whether a POSIX shell understands it."""
    checked = subprocess.run(["sh", "-n"], input=command, capture_output=True, text=True)
    return checked.returncode == 0 and not checked.stderr


def scripts(folder: Path) -> None:
    """Put our own scripts where they are found by their names, as on a machine."""
    folder.mkdir(exist_ok=True)
    for script in (CHECKOUT / "files").glob("*/usr/local/sbin/*"):
        if script.is_file():  # and no cache of Python's
            # What they keep until the next boot, they keep beside them.
            text = script.read_text().replace("=/run/", f"={folder}/")
            (folder / script.name).write_text(text)
            (folder / script.name).chmod(0o755)


def tool(folder: Path, name: str, script: str) -> None:
    """Put a program into a folder that `sh` looks into first."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def ask(fact: type[FactBase[Any]], tools: Path | None = None, /, **arguments: Any) -> Any:
    """What a fact makes of the answer of the machine that tests run on."""
    asked = fact()
    done = sh(str(asked.command(**arguments)), tools=tools)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return asked.process(lines) if lines else fact.default()


def program(path: str) -> ModuleType:
    """A program of files/ that is written in Python, to call what is in it."""
    name = path.rpartition("/")[2].replace("-", "_")
    loader = SourceFileLoader(name, str(CHECKOUT / "files" / path))
    found = spec_from_loader(name, loader)
    assert found
    module = module_from_spec(found)
    # What lies in files/ is what a machine gets, and nothing that Python has made of it.
    with patch.object(sys, "dont_write_bytecode", True):
        loader.exec_module(module)
    return module
