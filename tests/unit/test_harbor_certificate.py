"""Harbor shows a newer certificate without a new installation, and wherever that was cut off."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from facts.certificate import Shown
from operations import harbor
from tests.unit.conftest import OnHost
from tests.unit.doubles import texts, tool
from tests.unit.harbor_tree import Tree

WANTED = {
    "data": "/data/harbor",
    "certificate": "/etc/harbor/tls/tls.crt",
    "host_name": "harbor.local",
    "port": 8443,
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Harbor as it was installed with a certificate, and a newer one beside it."""
    tree = Tree(tmp_path)
    for folder, word in ((tree.root / "etc/harbor/tls", "new"), (shown(tree), "old")):
        folder.mkdir(parents=True)
        for part, mode in (("crt", 0o644), ("key", 0o600)):
            file = folder / f"{'tls' if word == 'new' else 'server'}.{part}"
            file.write_text(f"{word} {part}\n")
            file.chmod(mode)
    return tree


def shown(tree: Tree) -> Path:
    return tree.data / "secret/cert"


def content(tree: Tree) -> dict[str, tuple[str, int]]:
    return {
        path.name: (path.read_text().strip(), stat.S_IMODE(path.stat().st_mode))
        for path in shown(tree).iterdir()
    }


def test_one_that_is_shown_is_left_alone_and_another_one_replaced(on_host: OnHost) -> None:
    on_host({Shown: True})
    assert texts(harbor.certificate, **WANTED) == []
    on_host({Shown: False})
    assert texts(harbor.certificate, **WANTED) == [
        "/usr/local/sbin/harbor-certificate /data/harbor"
    ]


def test_the_new_one_is_shown_and_its_key_stays_closed(tree: Tree) -> None:
    (shown(tree) / "server.crt").chmod(0o600)  # as the real one has it, for its own user
    done = tree.run("harbor-certificate", str(tree.data))
    assert (done.returncode, done.stderr) == (0, "")
    assert content(tree) == {"server.crt": ("new crt", 0o600), "server.key": ("new key", 0o600)}
    assert tree.trace() == ["docker kill --signal HUP nginx"]


def test_killed_before_any_of_its_commands_the_next_call_ends_it(tree: Tree) -> None:
    for command in range(1, 60):
        killed = tree.run("harbor-certificate", str(tree.data), killed_at=command)
        keys = {mode for name, (_, mode) in content(tree).items() if "key" in name}
        assert keys == {0o600}
        if killed.returncode == 0:
            break
        assert tree.run("harbor-certificate", str(tree.data)).returncode == 0
        assert content(tree)["server.crt"] == ("new crt", 0o644)
        assert content(tree)["server.key"] == ("new key", 0o600)
    else:
        pytest.fail("it never came to its end")
    assert command > 8


def test_an_nginx_that_is_down_reads_the_new_one_when_it_starts(tree: Tree) -> None:
    tool(tree.bin, "docker", "exit 1")
    done = tree.run("harbor-certificate", str(tree.data))
    assert (done.returncode, done.stderr) == (0, "")
    assert content(tree)["server.crt"][0] == "new crt"
