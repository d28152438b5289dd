"""A key pair: made once, kept, its public half derived when it is lost; all of it run here."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path
from typing import Any

import pytest

from facts.ssh import KeyPair, KeyPairState
from operations import ssh
from tests.unit.conftest import OnHost
from tests.unit.doubles import parses, sh, texts, tool

ME = getpass.getuser()
PAIR: dict[str, Any] = {"user": ME, "key": "gitlab_ed25519"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home, and the tools that say that it is this user's."""
    home = tmp_path / "home of me"
    home.mkdir()
    tool(tmp_path / "bin", "getent", f"echo '{ME}:x:0:0::{home}:/bin/sh'")
    tool(tmp_path / "bin", "runuser", 'shift 3; exec "$@"')
    tool(tmp_path / "bin", "chown", "true")
    return home


def look(home: Path) -> KeyPairState:
    asked = KeyPair()
    done = sh(asked.command(**PAIR), tools=home.parent / "bin")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return asked.process(lines) if lines else KeyPair.default()


def make(home: Path, on_host: OnHost) -> list[str]:
    """Run the operation on what is there now; the commands that it took."""
    on_host({KeyPair: look(home)})
    told = texts(ssh.key_pair, comment="vm-docker-gitlab", **PAIR)
    for command in told:
        assert parses(command)
        done = sh(command, tools=home.parent / "bin")
        assert done.returncode == 0, done.stderr
    return told


def test_a_pair_is_made_once_and_kept(home: Path, on_host: OnHost) -> None:
    assert look(home) == KeyPairState()
    assert len(make(home, on_host)) == 1
    private, public = home / ".ssh/gitlab_ed25519", home / ".ssh/gitlab_ed25519.pub"
    kind, _, comment = public.read_text().split()
    assert (kind, comment) == ("ssh-ed25519", "vm-docker-gitlab")
    modes = [f"{path.stat().st_mode & 0o777:o}" for path in (home / ".ssh", private, public)]
    assert modes == ["700", "600", "644"]
    assert sorted(path.name for path in (home / ".ssh").iterdir()) == [private.name, public.name]
    before = private.read_bytes()
    assert make(home, on_host) == []
    assert private.read_bytes() == before


@pytest.mark.parametrize("broken", ["", "ssh-ed25519 AAAA somebody-else\n", None])
def test_a_lost_public_half_is_derived_again(
    home: Path, on_host: OnHost, broken: str | None
) -> None:
    make(home, on_host)
    private, public = home / ".ssh/gitlab_ed25519", home / ".ssh/gitlab_ed25519.pub"
    secret, known = private.read_bytes(), public.read_text()
    if broken is None:
        public.unlink()
    else:
        public.write_text(broken)
    assert len(make(home, on_host)) == 1
    assert public.read_text() == known
    assert private.read_bytes() == secret
    assert look(home) == KeyPairState(True, "0600", ME, "same", " ".join(known.split()[:2]))


def test_a_pair_that_was_cut_off_half_way_is_made_anew(home: Path, on_host: OnHost) -> None:
    folder = home / ".ssh"
    folder.mkdir(mode=0o700)
    for name in ("gitlab_ed25519.new", "gitlab_ed25519.new.pub", "gitlab_ed25519.pub"):
        (folder / name).write_text("half\n")
    assert len(make(home, on_host)) == 1
    assert (look(home).private, look(home).public) == (True, "same")
    assert len(list(folder.iterdir())) == 2


def test_a_key_with_a_passphrase_is_somebodys_own_and_stays(home: Path, on_host: OnHost) -> None:
    folder = home / ".ssh"
    folder.mkdir(mode=0o700)
    make_one = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f")
    subprocess.run([*make_one, folder / "gitlab_ed25519"], check=True)
    assert make(home, on_host) == []


def test_others_lose_their_sight_of_the_private_half(home: Path, on_host: OnHost) -> None:
    make(home, on_host)
    private = home / ".ssh/gitlab_ed25519"
    private.chmod(0o644)
    assert len(make(home, on_host)) == 1
    assert look(home).mode == "0600"
