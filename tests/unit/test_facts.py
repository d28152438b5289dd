"""Facts: what each makes of recorded output, and of a machine that has nothing yet."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import pytest
from pyinfra.api.facts import FactBase

import facts as house_facts
from facts.apt import KeyFile, Packages, SigningKey
from facts.docker import Compose, ComposeState
from facts.files import Content, Paths, PathState, Served, ServedPaths
from facts.git import Repository, RepositoryState
from facts.iptables import Chain
from facts.machine import MachineFact, MachineState, OperatorAddress
from facts.ssh import KeyPair, KeyPairState
from facts.systemd import Units, UnitState
from facts.ufw import Ufw, UfwState
from facts.users import Members
from tests.unit.answers_recorded import RECORDED as ANSWERS
from tests.unit.certificates_recorded import RECORDED as CERTIFICATES
from tests.unit.doubles import parses
from tests.unit.harbor_recorded import RECORDED as HARBOR
from tests.unit.kubernetes_recorded import RECORDED as KUBERNETES
from tests.unit.remains_recorded import RECORDED as REMAINS
from tests.unit.shells import writes

SUM = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SERVED = {"paths": ["/a b", "/c"], "watched": ["/d"], "process": "pgrep -n nginx | grep -vx 0"}
# Fact, its arguments, recorded output, what it says.
RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (
        Packages,
        {"packages": ["curl", "nano", "docker-ce"]},
        "curl installed 8.14.1-2\nnano config-files 8.4-1\ndocker-ce installed 5:28.5.1-1~x",
        {"curl": "8.14.1-2", "docker-ce": "5:28.5.1-1~x"},
    ),
    (
        SigningKey,
        {"path": "/etc/k.asc"},
        f"mode 644\nsha256 {SUM}\nkey AA11 -\nkey BB22 e",
        KeyFile("0644", SUM, ("AA11", "BB22"), expired=True),
    ),
    (
        SigningKey,
        {"path": "/etc/k.asc"},
        f"mode 600\nsha256 {SUM}",
        KeyFile("0600", SUM),
    ),
    (
        KeyPair,
        {"user": "admin", "key": "gitlab_ed25519"},
        "private 600 admin\ntext ssh-ed25519 AAAA\npublic other",
        KeyPairState(True, "0600", "admin", "other", "ssh-ed25519 AAAA"),
    ),
    (
        KeyPair,
        {"user": "admin", "key": "gitlab_ed25519"},
        "private 644 root",
        KeyPairState(True, "0644", "root", "absent"),
    ),
    (
        Repository,
        {"folder": "/srv/a b", "owner": "admin"},
        "kind repository\norigin git@gitlab-443:group/name.git",
        RepositoryState("repository", "git@gitlab-443:group/name.git"),
    ),
    (
        Repository,
        {"folder": "/srv/a b", "owner": "admin"},
        "kind other",
        RepositoryState("other"),
    ),
    (
        Compose,
        {"project": "/opt/edge"},
        "wanted edge-nginx abc\nrunning edge-nginx abc\nexited old def",
        ComposeState({"edge-nginx": "abc"}, {"edge-nginx": "abc"}),
    ),
    (
        Paths,
        {"paths": ["/a b", "/c", "/d", "/e", "/f"]},
        "link 1 ../run/x y\nabsent 3 -\nis 81a4 644 root adm /a b\nis 43ff 1777 root root /d\n"
        f"is 11a4 644 root root /f\n{SUM}  /a b",
        {
            "/a b": PathState("file", "0644", "root", "adm", SUM),
            "/c": PathState("link", content="../run/x y"),
            "/d": PathState("directory", "1777", "root", "root"),
            "/e": PathState("absent"),
            "/f": PathState("other", "0644", "root", "root"),
        },
    ),
    (
        ServedPaths,
        SERVED,
        f"absent 1 -\nis 8180 600 root root /a b\n{SUM}  /a b\nstale",
        Served(
            {
                "/a b": PathState("file", "0600", "root", "root", SUM),
                "/c": PathState("absent"),
            },
            stale=True,
        ),
    ),
    (
        Chain,
        {"chain": "DOCKER-USER"},
        "-A DOCKER-USER -s 172.20.0.0/14 -j RETURN\n-A DOCKER-USER -j RETURN ",
        ("-A DOCKER-USER -s 172.20.0.0/14 -j RETURN", "-A DOCKER-USER -j RETURN"),
    ),
    (
        MachineFact,
        {},
        "distribution debian\nrelease 13\ncodename trixie\narchitecture amd64\nhostname localhost\n"
        "static_hostname localhost\nresolv_conf \ncloud_init yes\nhalf_configured yes\n"
        "clock_daemon chrony",
        MachineState(
            distribution="debian",
            release="13",
            codename="trixie",
            architecture="amd64",
            hostname="localhost",
            static_hostname="localhost",
            cloud_init=True,
            half_configured=True,
            clock_daemon="chrony",
        ),
    ),
    (OperatorAddress, {}, "192.168.56.1", "192.168.56.1"),
    (OperatorAddress, {}, "", ""),
    (
        Units,
        {"units": ["docker.service", "apt-daily.timer", "systemd-timesyncd.service", "no.service"]},
        "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=yes\n"
        "ConditionResult=yes\nConditionTimestampMonotonic=12\n\n"
        "LoadState=masked\nActiveState=inactive\nUnitFileState=masked\nNeedDaemonReload=no\n"
        "ConditionResult=no\nConditionTimestampMonotonic=0\n\n"
        "LoadState=loaded\nActiveState=inactive\nUnitFileState=enabled\nNeedDaemonReload=no\n"
        "ConditionResult=no\nConditionTimestampMonotonic=99\n\n"
        "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no",
        {
            "docker.service": UnitState("loaded", "active", "enabled", True, False),
            "apt-daily.timer": UnitState("masked", "inactive", "masked", False, False),
            "systemd-timesyncd.service": UnitState("loaded", "inactive", "enabled", False, True),
            "no.service": UnitState(),
        },
    ),
    (
        Ufw,
        {},
        "Added user rules (see 'ufw status' for running firewall):\n"
        "ufw allow from 192.168.56.0/24 to any port 22 proto tcp comment 'SSH'\n"
        "At boot\n-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
        "-A INPUT -j ufw-before-input\n"
        "-P IPv6 INPUT DROP\n-P IPv6 FORWARD DROP\n-P IPv6 OUTPUT ACCEPT\n"
        "-A INPUT -j ufw6-before-input",
        UfwState(
            True,
            True,
            ("allow from 192.168.56.0/24 to any port 22 proto tcp comment 'SSH'",),
            *(True, True, True),
        ),
    ),
    (Members, {"group": "docker"}, "admin,deploy", ("admin", "deploy")),
    (Members, {"group": "docker"}, "", ()),
    (Content, {"path": "/etc/a b"}, "one\ntwo", "one\ntwo"),
    *ANSWERS,
    *REMAINS,
    *CERTIFICATES,
    *HARBOR,
    *KUBERNETES,
]


def every_fact() -> set[type[FactBase[Any]]]:
    found = set()
    for info in pkgutil.iter_modules(house_facts.__path__):
        module = importlib.import_module(f"facts.{info.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, FactBase) and member.__module__ == module.__name__:
                found.add(member)
    return found


def by_name(value: object) -> str | None:
    return value.__name__ if inspect.isclass(value) else ""


def test_every_fact_has_recorded_output() -> None:
    assert {fact for fact, *_ in RECORDED} == every_fact()


@pytest.mark.parametrize(("fact", "arguments", "output", "says"), RECORDED, ids=by_name)
def test_a_fact_says_what_was_recorded(
    fact: type[FactBase[Any]], arguments: dict[str, Any], output: str, says: Any
) -> None:
    asked = fact()
    asked.command(**arguments)
    found = asked.process(output.splitlines())
    assert ("\n".join(found) if isinstance(found, list) else found) == says


@pytest.mark.parametrize(("fact", "arguments", "output", "says"), RECORDED, ids=by_name)
def test_a_fact_says_absent_where_a_bare_machine_says_nothing(
    fact: type[FactBase[Any]], arguments: dict[str, Any], output: str, says: Any
) -> None:
    bare = fact.default()
    assert isinstance(bare, type(says))
    if isinstance(bare, dict | tuple | str):
        assert not bare


@pytest.mark.parametrize(("fact", "arguments", "output", "says"), RECORDED, ids=by_name)
def test_a_fact_is_valid_shell_that_only_reads(
    fact: type[FactBase[Any]], arguments: dict[str, Any], output: str, says: Any
) -> None:
    command = str(fact().command(**arguments))
    assert parses(command)
    assert writes(command) == []


@pytest.mark.parametrize(
    "command",
    ["echo a >/etc/x", "rm -f x", "sed -i s/a/b/ x", "systemctl restart docker", "apt-get update"],
)
def test_shell_that_writes_would_be_seen(command: str) -> None:
    assert writes(f"true; {command}")
