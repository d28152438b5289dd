"""Operations: nothing to do where the state is as wanted, and exactly what is missing elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.facts import FactBase

from facts.apt import KeyFile, Packages, SigningKey
from facts.certificate import Certificate, CertificateState
from facts.docker import Compose, ComposeState
from facts.files import Paths, PathState
from facts.gates import Answer, GateAnswers
from facts.iptables import Chain
from facts.machine import MachineFact, MachineState
from facts.systemd import Units, UnitState
from facts.ufw import Ufw, UfwState
from facts.users import Members
from gates import Gate
from operations import apt, certificate, docker, files, iptables, machine, systemd, ufw, users
from operations.apt import INSTALL, UPDATE
from tasks import gate
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
TLS = {"common_name": "hit.local", "certificate": "/tls.crt", "key": "/tls.key"}
GOOD = CertificateState("hit.local", ("hit.local",), 30, "0600", True)
NAMED = MachineState(hostname="vm", static_hostname="vm")
GATES = {"gates": [Gate(awaits="it holds", command="true", hint="there")]}

# Operation, its arguments, the fact it asks, an answer that is as wanted.
AS_WANTED: list[tuple[Any, dict[str, Any], type[FactBase[Any]], Any]] = [
    (apt.repaired, {}, MachineFact, MachineState()),
    (apt.key, KEY, SigningKey, KeyFile("0644", SUM)),
    (apt.key, PRINTED, SigningKey, KeyFile("0644", "another", ("AA11",))),
    (apt.packages, PACKAGES, Packages, {"curl": "8.1", "docker-ce": "5:28.5.1-1~debian.13"}),
    (certificate.self_signed, TLS, Certificate, GOOD),
    (docker.composed, {"project": "/opt/edge"}, Compose, ComposeState({"a": "1"}, {"a": "1"})),
    (files.link, {"path": "/l", "target": "/t"}, Paths, {"/l": PathState("link", content="/t")}),
    (files.absent, {"paths": ["/a"]}, Paths, {"/a": PathState()}),
    (iptables.chain, {"chain": "C", "rules": ["-A C -j X"], "load": "l"}, Chain, ("-A C -j X",)),
    (machine.named, {"hostname": "vm"}, MachineFact, NAMED),
    (systemd.started, UNITS, Units, {"a.service": ON, "b.timer": ON}),
    (systemd.masked, UNITS, Units, {"a.service": OFF, "b.timer": OFF}),
    (ufw.exactly, {"rules": [SSH, WEB]}, Ufw, UfwState(True, True, (WEB, SSH))),
    (users.members, {"group": "g", "users": ["a", "b"]}, Members, ("b", "a")),
    (users.members, WELCOMED, Members, ("a",)),
    (users.members, WELCOMED, Members, ("late", "a")),
    (users.joined, {"user": "a", "group": "g"}, Members, ("b", "a")),
    (gate.passed, GATES, GateAnswers, (Answer(True, ""),)),
]
# Operation, its arguments, the fact, an answer that is not as wanted, what is run then.
DIFFERENT: list[tuple[Any, dict[str, Any], type[FactBase[Any]], Any, list[str]]] = [
    (apt.packages, PACKAGES, Packages, {}, [UPDATE, f"{INSTALL} curl 'docker-ce=5:28.5.1-*'"]),
    (
        *(apt.packages, PACKAGES, Packages, {"curl": "8", "docker-ce": "5:28.5.10-1"}),
        [UPDATE, f"{INSTALL} 'docker-ce=5:28.5.1-*'"],
    ),
    (
        *(docker.composed, {"project": "/opt/edge"}, Compose, ComposeState({"a": "1"}, {})),
        ["docker compose -f /opt/edge/docker-compose.yml up --detach --remove-orphans --wait"],
    ),
    (
        *(files.link, {"path": "/l", "target": "/t"}, Paths, {"/l": PathState("file")}),
        ["mkdir -p / && ln -sfnT /t /l"],
    ),
    (
        *(files.absent, {"paths": ["/a", "/b c"]}, Paths, {"/b c": PathState("directory")}),
        ["rm -rf -- '/b c'"],
    ),
    (
        *(iptables.chain, {"chain": "C", "rules": ["-A C -j X"], "load": "l"}, Chain),
        *(("-A C -j X", "-A C -j Y"), ["l"]),
    ),
    (
        *(
            machine.named,
            {"hostname": "vm"},
            MachineFact,
            MachineState(hostname="vm", static_hostname="old"),
        ),
        ["hostnamectl set-hostname vm"],
    ),
    (
        *(systemd.started, UNITS, Units, {"a.service": ON}),
        ["systemctl daemon-reload", "systemctl enable b.timer", "systemctl start b.timer"],
    ),
    (
        *(systemd.started, UNITS, Units),
        {"a.service": UnitState("loaded", "failed", "enabled"), "b.timer": ON},
        ["systemctl reset-failed a.service", "systemctl start a.service"],
    ),
    (
        *(systemd.started, UNITS, Units),
        {"a.service": UnitState("loaded", "active", "enabled", needs_reload=True), "b.timer": ON},
        ["systemctl daemon-reload", "systemctl reenable a.service"],
    ),
    (
        *(systemd.masked, UNITS, Units, {"a.service": ON, "b.timer": OFF}),
        ["systemctl stop a.service", "systemctl mask a.service"],
    ),
    (
        *(systemd.masked, UNITS, Units),
        {"a.service": UnitState("masked", "failed", "masked"), "b.timer": OFF},
        ["systemctl reset-failed a.service"],
    ),
    (
        *(ufw.exactly, {"rules": [SSH, WEB]}, Ufw, UfwState(False, False, ("allow 23/tcp",))),
        [f"ufw {SSH}", f"ufw {WEB}", "ufw --force enable", "ufw --force delete allow 23/tcp"],
    ),
    (
        *(ufw.exactly, {"rules": [WEB]}, Ufw, UfwState(True, True, ("allow 443/tcp",))),
        [f"ufw {WEB}"],
    ),
    (
        *(ufw.exactly, {"rules": [WEB]}, Ufw, UfwState(True, False, (WEB,))),
        ["ufw --force enable"],
    ),
    (
        *(users.members, {"group": "g", "users": ["a"]}, Members, ("a", "mallory")),
        ["gpasswd --members a g"],
    ),
    (
        *(users.members, WELCOMED, Members, ("late", "mallory")),
        ["gpasswd --members a,late g"],
    ),
    (
        *(users.joined, {"user": "a", "group": "g"}, Members, ("b",)),
        ["gpasswd --add a g"],
    ),
    (
        *(certificate.self_signed, TLS, Certificate),
        CertificateState("hit.local", ("hit.local",), 30, "0644", True),
        ["chmod 0600 /tls.key"],
    ),
]


def by_operation(value: object) -> str | None:
    inner = getattr(value, "_inner", None)
    return f"{inner.__module__}.{inner.__name__}" if inner else ""


@pytest.mark.parametrize(("operation", "arguments", "fact", "state"), AS_WANTED, ids=by_operation)
def test_nothing_is_done_where_everything_is_as_wanted(
    on_host: OnHost, operation: Any, arguments: dict[str, Any], fact: Any, state: Any
) -> None:
    host = on_host({fact: state})
    assert texts(operation, **arguments) == []
    assert {asked for asked, _ in host.asked} == {fact}


@pytest.mark.parametrize(
    ("operation", "arguments", "fact", "state", "expected"), DIFFERENT, ids=by_operation
)
def test_what_is_missing_is_done_and_nothing_else(
    on_host: OnHost,
    operation: Any,
    arguments: dict[str, Any],
    fact: Any,
    state: Any,
    expected: list[str],
) -> None:
    on_host({fact: state})
    assert texts(operation, **arguments) == expected
    assert all(parses(command) for command in expected)


@pytest.mark.parametrize(("operation", "arguments", "fact", "state"), AS_WANTED, ids=by_operation)
def test_a_bare_machine_gets_valid_shell(
    on_host: OnHost, operation: Any, arguments: dict[str, Any], fact: Any, state: Any
) -> None:
    on_host({MachineFact: MachineState(half_configured=True)})
    shell = texts(operation, **arguments)
    assert shell or operation is files.absent
    assert all(parses(command) for command in shell)


@pytest.mark.parametrize(
    "state",
    [
        CertificateState(),
        CertificateState("old.local", ("old.local",), 300, "0600", True),
        CertificateState("hit.local", ("hit.local", "x"), 300, "0600", True),
        CertificateState("hit.local", ("hit.local",), 29, "0600", True),
        CertificateState("hit.local", ("hit.local",), 300, "0600", False),
    ],
)
def test_a_certificate_that_will_not_do_is_made_anew(
    on_host: OnHost, state: CertificateState
) -> None:
    on_host({Certificate: state})
    (made,) = texts(certificate.self_signed, **TLS)
    assert "-days 3650" in made
    assert "/CN=hit.local" in made


@pytest.mark.parametrize(
    ("said", "status"), [("dpkg: error: frontend lock was locked by 7", 0), ("disk full", 1)]
)
def test_a_repair_waits_for_a_lock_and_for_nothing_else(
    on_host: OnHost, tmp_path: Path, said: str, status: int
) -> None:
    mark = tmp_path / "second"
    dpkg = f"if [ -e {mark} ]; then exit 0; fi; touch {mark}; echo '{said}'; exit 2"
    tool(tmp_path / "bin", "dpkg", dpkg)
    on_host({MachineFact: MachineState(half_configured=True)})
    (repair,) = texts(apt.repaired)
    done = sh(repair, tools=tmp_path / "bin")
    assert done.returncode == status
    assert (said in done.stderr) is bool(status)


def test_every_host_may_stand_at_a_gate_of_a_layer_that_is_not_its_own(on_host: OnHost) -> None:
    host = on_host()
    assert texts(gate.passed, gates=[]) == []
    assert host.asked == []
