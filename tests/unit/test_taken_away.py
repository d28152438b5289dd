"""Operations that take away what the others bring: each once, and nothing where nothing is left."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api.facts import FactBase

from facts.docker import Projects
from facts.iptables import Chain
from facts.present import Present, present
from facts.systemd import Units, UnitState
from facts.ufw import Ufw, UfwState
from facts.users import Members
from operations import docker, iptables, remains, systemd, ufw, users
from tests.unit.conftest import OnHost
from tests.unit.doubles import parses, texts

MEMBER = {"user": "a", "group": "g"}
FOLDERS = {"folders": ["/opt/a", "/opt/b"]}
PATHS = {"paths": ["/a b", "/c*"]}
CHAIN = {"chain": "C", "program": "ip6tables"}
ALL_PASS = "-A C -j RETURN"
DOWN = "docker compose --project-name {} down --remove-orphans"


@pytest.mark.parametrize(
    ("operation", "arguments", "fact", "answer"),
    [
        (users.leave, MEMBER, Members, ("b",)),
        (docker.compose_down, FOLDERS, Projects, ()),
        (remains.remove, PATHS, Present, ()),
        (iptables.flush_chain, CHAIN, Chain, (ALL_PASS,)),
        (iptables.flush_chain, CHAIN, Chain, ()),  # there is none
        (iptables.flush_chain, CHAIN, Chain, None),  # there is no IPv6
        (systemd.unmask, {"units": ["a"]}, Units, {"a": UnitState("loaded", "active")}),
        (ufw.disable, {}, Ufw, UfwState()),
        # As its own reset leaves it.
        (ufw.disable, {}, Ufw, UfwState(active=True, lets_out=True)),
    ],
)
def test_where_nothing_is_left_nothing_is_done(
    on_host: OnHost,
    operation: Any,
    arguments: dict[str, Any],
    fact: type[FactBase[Any]],
    answer: Any,
) -> None:
    host = on_host({fact: answer})
    assert texts(operation, **arguments) == []
    assert {asked for asked, _ in host.asked} == {fact}


@pytest.mark.parametrize(
    ("operation", "arguments", "fact", "answer", "runs"),
    [
        (users.leave, MEMBER, Members, ("b", "a"), ["gpasswd --delete a g"]),
        (
            docker.compose_down,
            FOLDERS,
            Projects,
            ("a", "b c"),
            [DOWN.format("a"), DOWN.format("'b c'")],
        ),
        (
            remains.remove,
            PATHS,
            Present,
            ("/a b",),
            [
                f"rm -rf -- '/a b' 2>/dev/null; left=$({present(['/a b'])}); [ -z \"$left\" ] ||"
                ' { echo "cannot be removed:" $left >&2; exit 1; }; systemctl daemon-reload'
            ],
        ),
        (
            iptables.flush_chain,
            CHAIN,
            Chain,
            ("-A C -j DROP",),
            [
                # At no moment is anything stopped that may pass.
                "ip6tables --wait 30 -I C -j RETURN && ip6tables --wait 30 -F C &&"
                f" ip6tables --wait 30 {ALL_PASS}"
            ],
        ),
        # Off, and with rules for its next start.
        (ufw.disable, {}, Ufw, UfwState(rules=("allow 22/tcp",)), ["ufw --force reset"]),
        (ufw.disable, {}, Ufw, UfwState(at_boot=True), ["ufw --force reset"]),
        (ufw.disable, {}, Ufw, UfwState(active=True, shuts=True), ["ufw --force reset"]),
    ],
)
def test_what_is_left_is_taken_away(
    on_host: OnHost,
    operation: Any,
    arguments: dict[str, Any],
    fact: type[FactBase[Any]],
    answer: Any,
    runs: list[str],
) -> None:
    on_host({fact: answer})
    assert texts(operation, **arguments) == runs
    assert all(parses(command) for command in runs)
