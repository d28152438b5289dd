"""Operations: nothing to do where the state is as wanted, and exactly what is missing elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.facts import FactBase

from facts.apt import KeyFile, Packages, SigningKey
from facts.docker import Compose, ComposeState
from facts.files import Paths, PathState
from facts.iptables import Chain
from facts.machine import MachineFact, MachineState
from facts.systemd import Units, UnitState
from facts.ufw import Ufw, UfwState
from facts.users import Members
from operations import apt, docker, files, iptables, machine, systemd, ufw, users
from operations.apt import INSTALL, UPDATE, patient
from tests.unit.conftest import OnHost
from tests.unit.doubles import parses, sh, texts, tool

SUM = hashlib.sha256(b"key\n").hexdigest()
ON = UnitState("loaded", "active", "enabled")
OFF = UnitState("masked", "inactive", "masked")
SSH = "allow from 10.1.0.0/24 to any port 22 proto tcp comment 'SSH'"
WEB = "allow 443/tcp comment 'edge, TLS'"
UNITS = {"units": ["a.service", "b.timer"]}
PACKAGES = {"versions": {"curl": "", "docker-ce": "5:28.5.1-*"}}
KEY = {"url": "http://x/gpg", "sha256": SUM, "path": "/etc/k.asc"}
PRINTED = {"url": "http://x/gpg", "fingerprint": "AA11", "path": "/etc/k.asc"}
WELCOMED = {"group": "g", "users": ["a"], "welcome": ["late"]}
EDGE = {"project": "/opt/edge"}
LINK = {"path": "/l", "target": "/t"}
ABSENT = {"paths": ["/a"]}
CHAIN = {"chain": "C", "rules": ["-A C -j X"], "load": "l"}
NAMED = {"hostname": "vm"}
RULES = {"rules": [SSH, WEB]}
JOINED = {"user": "a", "group": "g"}


@dataclass(frozen=True)
class Case:
    """An operation, what a machine answers it, and what it runs there then."""

    operation: Any
    arguments: dict[str, Any]
    found: dict[type[FactBase[Any]], Any]
    runs: list[str] = field(default_factory=list)


def named(cases: dict[str, Case]) -> list[Any]:
    return [pytest.param(case, id=name) for name, case in cases.items()]


AS_WANTED = {
    "packages are whole": Case(apt.repair, {}, {MachineFact: MachineState()}),
    "a key of this sum is there": Case(apt.key, KEY, {SigningKey: KeyFile("0644", SUM)}),
    "a key of this fingerprint is there": Case(
        apt.key, PRINTED, {SigningKey: KeyFile("0644", "another", ("AA11",))}
    ),
    "packages are installed": Case(
        apt.packages, PACKAGES, {Packages: {"curl": "8.1", "docker-ce": "5:28.5.1-1~debian.13"}}
    ),
    "containers run as described": Case(
        docker.compose, EDGE, {Compose: ComposeState({"a": "1"}, {"a": "1"})}
    ),
    "a link leads where it should": Case(
        files.link, LINK, {Paths: {"/l": PathState("link", content="/t")}}
    ),
    "what should be absent is": Case(files.remove, ABSENT, {Paths: {"/a": PathState()}}),
    "a chain has its rules": Case(iptables.chain, CHAIN, {Chain: ("-A C -j X",)}),
    "a machine has its name": Case(
        machine.hostname, NAMED, {MachineFact: MachineState(hostname="vm", static_hostname="vm")}
    ),
    "units run": Case(systemd.enable, UNITS, {Units: {"a.service": ON, "b.timer": ON}}),
    "units are masked": Case(systemd.mask, UNITS, {Units: {"a.service": OFF, "b.timer": OFF}}),
    "the firewall has its rules, in any order": Case(
        ufw.rules, RULES, {Ufw: UfwState(True, True, (WEB, SSH), *[True] * 3)}
    ),
    "a group has its members, in any order": Case(
        users.members, {"group": "g", "users": ["a", "b"]}, {Members: ("b", "a")}
    ),
    "who is welcome is not in the group": Case(users.members, WELCOMED, {Members: ("a",)}),
    "who is welcome is in the group": Case(users.members, WELCOMED, {Members: ("late", "a")}),
    "a user is in the group": Case(users.join, JOINED, {Members: ("b", "a")}),
}
DIFFERENT = {
    "packages are missing": Case(
        apt.packages,
        PACKAGES,
        found={Packages: {}},
        runs=[UPDATE, patient(f"{INSTALL} curl 'docker-ce=5:28.5.1-*'")],
    ),
    "a package is half installed": Case(
        apt.repair,
        {},
        found={MachineFact: MachineState(half_installed=("nano", "vim"))},
        runs=[UPDATE, patient(f"{INSTALL} --reinstall nano vim")],
    ),
    "a package has another version": Case(
        apt.packages,
        PACKAGES,
        found={Packages: {"curl": "8", "docker-ce": "5:28.5.10-1"}},
        runs=[UPDATE, patient(f"{INSTALL} 'docker-ce=5:28.5.1-*'")],
    ),
    "a container does not run": Case(
        docker.compose,
        EDGE,
        found={Compose: ComposeState({"a": "1"}, {})},
        runs=["docker compose -f /opt/edge/docker-compose.yml up --detach --remove-orphans --wait"],
    ),
    "a file is where a link should be": Case(
        files.link,
        LINK,
        found={Paths: {"/l": PathState("file")}},
        runs=["mkdir -p / && ln -sfnT /t /l"],
    ),
    "what should be absent is not": Case(
        files.remove,
        {"paths": ["/a", "/b c"]},
        found={Paths: {"/b c": PathState("directory")}},
        runs=["rm -rf -- '/b c'"],
    ),
    "a chain has a rule too many": Case(
        iptables.chain, CHAIN, found={Chain: ("-A C -j X", "-A C -j Y")}, runs=["l"]
    ),
    "a machine has another name after its next boot": Case(
        machine.hostname,
        NAMED,
        found={MachineFact: MachineState(hostname="vm", static_hostname="old")},
        runs=["hostnamectl set-hostname vm"],
    ),
    "a unit does not run": Case(
        systemd.enable,
        UNITS,
        found={Units: {"a.service": ON}},
        runs=["systemctl daemon-reload", "systemctl enable b.timer", "systemctl start b.timer"],
    ),
    "a unit has failed": Case(
        systemd.enable,
        UNITS,
        found={Units: {"a.service": UnitState("loaded", "failed", "enabled"), "b.timer": ON}},
        runs=["systemctl reset-failed a.service", "systemctl start a.service"],
    ),
    "a unit runs, and its file is newer": Case(
        systemd.enable,
        UNITS,
        found={Units: {"a.service": replace(ON, needs_reload=True), "b.timer": ON}},
        runs=["systemctl daemon-reload", "systemctl reenable a.service"],
    ),
    "a unit that should be masked runs": Case(
        systemd.mask,
        UNITS,
        found={Units: {"a.service": ON, "b.timer": OFF}},
        runs=["systemctl stop a.service", systemd.masking(["a.service"])],
    ),
    "a unit that is masked has failed before": Case(
        systemd.mask,
        UNITS,
        found={Units: {"a.service": UnitState("masked", "failed", "masked"), "b.timer": OFF}},
        runs=["systemctl reset-failed a.service"],
    ),
    "the firewall is off and has another rule": Case(
        ufw.rules,
        RULES,
        found={Ufw: UfwState(False, False, ("allow 23/tcp",))},
        runs=[f"ufw {SSH}", f"ufw {WEB}", "ufw --force enable", "ufw --force delete allow 23/tcp"],
    ),
    "a rule of the firewall has no comment": Case(
        ufw.rules,
        {"rules": [WEB]},
        found={Ufw: UfwState(True, True, ("allow 443/tcp",), *[True] * 3)},
        runs=[f"ufw {WEB}"],
    ),
    "the firewall is off after the next boot": Case(
        ufw.rules,
        {"rules": [WEB]},
        found={Ufw: UfwState(True, False, (WEB,), *[True] * 3)},
        runs=["ufw --force enable"],
    ),
    "somebody else is in the group": Case(
        users.members,
        {"group": "g", "users": ["a"]},
        found={Members: ("a", "mallory")},
        runs=["gpasswd --members a g"],
    ),
    "somebody else is in a group where another is welcome": Case(
        users.members,
        WELCOMED,
        found={Members: ("late", "mallory")},
        runs=["gpasswd --members a,late g"],
    ),
    "a user is not in the group": Case(
        users.join, JOINED, found={Members: ("b",)}, runs=["gpasswd --add a g"]
    ),
}


@pytest.mark.parametrize("case", named(AS_WANTED))
def test_nothing_is_done_where_everything_is_as_wanted(on_host: OnHost, case: Case) -> None:
    host = on_host(case.found)
    assert texts(case.operation, **case.arguments) == []
    assert {asked for asked, _ in host.asked} == set(case.found)


@pytest.mark.parametrize("case", named(DIFFERENT))
def test_what_is_missing_is_done_and_nothing_else(on_host: OnHost, case: Case) -> None:
    on_host(case.found)
    assert texts(case.operation, **case.arguments) == case.runs
    assert all(parses(command) for command in case.runs)


@pytest.mark.parametrize("case", named(AS_WANTED))
def test_a_bare_machine_gets_valid_shell(on_host: OnHost, case: Case) -> None:
    on_host({MachineFact: MachineState(half_configured=True)})
    shell = texts(case.operation, **case.arguments)
    assert shell or case.operation is files.remove
    assert all(parses(command) for command in shell)


@pytest.mark.parametrize(
    ("output", "status"), [("dpkg: error: frontend lock was locked by 7", 0), ("disk full", 1)]
)
def test_a_repair_waits_for_a_lock_and_for_nothing_else(
    on_host: OnHost, tmp_path: Path, output: str, status: int
) -> None:
    mark = tmp_path / "second"
    dpkg = f"if [ -e {mark} ]; then exit 0; fi; touch {mark}; echo '{output}'; exit 2"
    tool(tmp_path / "bin", "dpkg", dpkg)
    on_host({MachineFact: MachineState(half_configured=True)})
    (repair,) = texts(apt.repair)
    done = sh(repair, tools=tmp_path / "bin")
    assert done.returncode == status
    assert (output in done.stderr) is bool(status)
