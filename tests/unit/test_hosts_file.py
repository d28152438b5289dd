"""/etc/hosts: our lines come first, everybody else's stay."""

from __future__ import annotations

import pytest

from facts.files import Content, Paths, PathState
from operations import hosts
from operations.files import File, _sum
from operations.hosts import BEGINS, ENDS
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands, stdin_of

OURS = File("/etc/hosts", "127.0.0.1 localhost\n192.0.2.2 vm-a registry\n192.0.2.3 vm-b\n")
BLOCK = f"{BEGINS}\n{OURS.content}{ENDS}\n"


def written(on_host: OnHost, before: str) -> str:
    """What stands there afterwards."""
    state = PathState("file", "0644", "root", "root", _sum(before))
    on_host({Content: before.rstrip("\n"), Paths: {"/etc/hosts": state}}, "vm-a")
    changes = commands(hosts.entries, neighbours=OURS, own="vm-a")
    return stdin_of(changes[0]) if changes else before


def test_a_bare_file_keeps_its_lines_below_ours(on_host: OnHost) -> None:
    before = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"
    assert written(on_host, before) == BLOCK + before
    assert written(on_host, "") == BLOCK


@pytest.mark.parametrize(
    "own",
    [
        "192.168.56.2 mirror.corp  # ours\n",
        "\n# a note of vm-a\n",
        "127.0.1.1 vm-a\n",  # Debian's installer, and cloud-init
        "192.0.2.2 vm-a\n",  # the same address
        "10.0.0.9 vm-ax\n",
    ],
)
def test_what_others_wrote_stays(on_host: OnHost, own: str) -> None:
    assert written(on_host, own) == BLOCK + own
    assert written(on_host, BLOCK + own) == BLOCK + own


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("10.0.0.9 vm-b\n", ""),
        ("10.0.0.9 vm-b old-b\n", "10.0.0.9 old-b\n"),
        ("127.0.1.1 registry vm-a\n", "127.0.1.1 vm-a\n"),
        ("127.0.1.1 vm-b\n", ""),
    ],
)
def test_a_name_of_ours_leads_nowhere_else(on_host: OnHost, line: str, left: str) -> None:
    assert written(on_host, line) == BLOCK + left


def test_our_lines_are_replaced_wherever_somebody_has_moved_them(on_host: OnHost) -> None:
    old = f"{BEGINS}\n192.0.2.7 vm-gone\n{ENDS}\n"
    assert written(on_host, f"192.168.1.1 router\n{old}") == f"{BLOCK}192.168.1.1 router\n"


def test_one_mark_alone_marks_nothing(on_host: OnHost) -> None:
    assert written(on_host, f"{BEGINS}\n192.168.1.1 router\n") == f"{BLOCK}192.168.1.1 router\n"


def test_what_cloud_init_writes_at_boot_is_the_same(on_host: OnHost) -> None:
    own = "192.168.56.2 mirror.corp\n"
    same = PathState("file", "0644", "root", "root", _sum(BLOCK + own))
    on_host({Content: (BLOCK + own).rstrip("\n"), Paths: {"/etc/hosts": same}}, "vm-a")
    template = "/etc/cloud/templates/hosts.debian.tmpl"
    (change,) = commands(hosts.entries, neighbours=OURS, own="vm-a", template=template)
    assert "cloud/templates" in change.get_raw_value()
    assert stdin_of(change) == BLOCK + own


def test_what_was_ours_is_forgotten_and_a_machine_still_knows_itself(on_host: OnHost) -> None:
    def content(path: str) -> str:
        return f"{BLOCK}192.168.1.1 router" if path == hosts.HOSTS else f"{BLOCK}127.0.1.1 vm-a"

    on_host({Content: content, Paths: {it: PathState() for it in (hosts.HOSTS, hosts.TEMPLATE)}})
    file, template = commands(hosts.remove_entries, own="vm-a")
    itself = "127.0.0.1 localhost\n127.0.1.1 vm-a\n"
    assert stdin_of(file) == f"{itself}192.168.1.1 router\n"
    assert stdin_of(template) == itself
    on_host({Content: "192.168.1.1 router", Paths: {hosts.HOSTS: PathState()}})
    assert commands(hosts.remove_entries, own="vm-a") == []
