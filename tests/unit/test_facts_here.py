"""The shell of facts, run right here: on files, a process, a certificate, on nothing at all."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.facts import FactBase

from facts.apt import KeyFile, SigningKey
from facts.certificate import Certificate
from facts.disks import Disk, Disks
from facts.docker import Compose
from facts.files import Content, Paths, Served, ServedPaths
from facts.iptables import Chain
from facts.machine import OperatorAddress
from facts.ssh import KeyPair
from facts.ufw import Ufw
from facts.users import Members
from tests.unit.doubles import CHECKOUT, ask, commands, sh, tool

PROGRAMS = CHECKOUT / "files/docker_host/usr/local/sbin"


@pytest.fixture
def reader() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_paths_are_described_by_kind_mode_owner_and_content(tmp_path: Path) -> None:
    file, link, folder, gone, odd = (tmp_path / f"{n} x" for n in ("f", "l", "d", "g", "o"))
    file.write_text("")
    file.chmod(0o640)
    link.symlink_to("/nowhere at all")
    folder.mkdir(0o750)
    os.mkfifo(odd)
    found = ask(Paths, paths=[str(path) for path in (file, link, folder, gone, odd)])
    assert [state.kind for state in found.values()] == [
        "file",
        "link",
        "directory",
        "absent",
        "other",
    ]
    state = found[str(file)]
    assert (state.mode, state.owner, state.group) == ("0640", file.owner(), file.group())
    assert state.content.startswith("e3b0c44298fc1c14")
    assert found[str(link)].content == "/nowhere at all"
    assert found[str(folder)].mode == "0750"


@pytest.mark.parametrize(("age", "stale"), [(60, False), (-1, True)])
def test_a_file_is_stale_when_it_is_younger_than_its_reader(
    tmp_path: Path, reader: subprocess.Popen[bytes], age: int, stale: bool
) -> None:
    path = tmp_path / "daemon.json"
    path.write_text("{}")
    changed = time.time() - age
    os.utime(path, (changed, changed))
    served: Served = ask(ServedPaths, paths=[str(path)], watched=[], process=f"echo {reader.pid}")
    assert served.stale is stale
    assert served.paths[str(path)].kind == "file"


def test_a_file_written_moments_after_its_reader_started_is_stale(
    tmp_path: Path, reader: subprocess.Popen[bytes]
) -> None:
    time.sleep(0.1)
    path = tmp_path / "daemon.json"
    path.write_text("{}")
    process = f"echo {reader.pid}"
    assert ask(ServedPaths, paths=[str(path)], watched=[], process=process).stale


def test_a_watched_file_makes_stale_as_well(
    tmp_path: Path, reader: subprocess.Popen[bytes]
) -> None:
    config, certificate = tmp_path / "edge.conf", tmp_path / "tls.crt"
    config.write_text("")
    os.utime(config, (1, 1))
    certificate.write_text("")
    os.utime(certificate, (1, 1))

    def served() -> Served:
        asked = {"paths": [str(config)], "process": f"echo {reader.pid}"}
        found: Served = ask(ServedPaths, watched=[str(certificate)], **asked)
        assert list(found.paths) == [str(config)]
        return found

    assert not served().stale
    os.utime(certificate, (time.time() + 1, time.time() + 1))
    assert served().stale
    certificate.unlink()
    assert served().stale


@pytest.mark.parametrize("process", ["true", "false", "echo 999999999", "nosuchprogram"])
def test_nothing_is_stale_for_a_process_that_does_not_run(tmp_path: Path, process: str) -> None:
    path = tmp_path / "x"
    path.write_text("")
    found = ask(ServedPaths, paths=[str(path)], watched=[], process=process)
    assert not found.stale
    assert found.paths[str(path)].kind == "file"


def test_a_certificate_of_ours_is_read_as_it_was_asked_for(tmp_path: Path, on_host: Any) -> None:
    from operations import certificate as subject

    crt, key = tmp_path / "certs" / "tls.crt", tmp_path / "certs" / "tls.key"
    paths: dict[str, Any] = {"certificate": str(crt), "key": str(key)}
    ca = {"certificate": str(tmp_path / "ca/ca.crt"), "key": str(tmp_path / "ca/ca.key")}
    names = ("hit.local", "harbor.local")
    wanted = {**paths, "days": 397, "ca": ca["certificate"], "ca_key": ca["key"]}
    on_host()
    for (make,) in (
        commands(subject.authority, names=names, days=3650, **ca),
        commands(subject.sign, common_name="hit.local", **wanted),
    ):
        assert sh(make.get_raw_value(), tools=PROGRAMS).returncode == 0
    authority = ask(Certificate, **ca)
    assert (authority.permitted, authority.matches_key, authority.key_mode) == (names, True, "0600")
    state = ask(Certificate, **paths, ca=ca["certificate"])
    assert (state.common_name, state.names) == ("hit.local", ("hit.local",))
    assert (state.key_mode, state.matches_key, state.is_signed) == ("0600", True, True)
    assert 395 <= state.days_left <= 397
    assert f"{crt.stat().st_mode & 0o777:o}" == "644"
    assert sorted(path.name for path in crt.parent.iterdir()) == ["tls.crt", "tls.key"]
    on_host({Certificate: state})
    assert commands(subject.sign, common_name="hit.local", **wanted) == []
    assert commands(subject.sign, common_name="new.local", **wanted)
    assert not ask(Certificate, **paths, ca=str(crt)).is_signed
    sh(f"openssl genrsa -out {key} 2048")
    assert not ask(Certificate, **paths).matches_key


def test_a_broken_certificate_is_none(tmp_path: Path) -> None:
    crt, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    crt.write_text("")
    key.write_text("")
    state = ask(Certificate, certificate=str(crt), key=str(key))
    assert (state.common_name, state.days_left) == ("", 0)
    assert not state.matches_key


@pytest.mark.parametrize(
    ("fact", "arguments"),
    [
        (Certificate, {"certificate": "/no/tls.crt", "key": "/no/tls.key"}),
        (Compose, {"project": "/no"}),
        (Chain, {"chain": "NO-SUCH-CHAIN"}),
        (Content, {"path": "/no/file"}),
        (KeyPair, {"user": "no-such-user", "key": "gitlab_ed25519"}),
        (Members, {"group": "no-such-group"}),
        (SigningKey, {"path": "/no/key.asc"}),
    ],
)
def test_a_fact_succeeds_and_says_absent_on_a_bare_machine(
    fact: type[FactBase[Any]], arguments: dict[str, Any]
) -> None:
    assert ask(fact, **arguments) == fact.default()


def test_a_machine_without_ufw_has_no_firewall(tmp_path: Path) -> None:
    command = Ufw().command().replace("command -v ufw", "command -v no-such-ufw")
    assert sh(command).returncode == 0
    assert sh(command).stdout == ""


GPG = """printf 'pub:%s:255:22:F\\nfpr:::::::::AA11:\\n' "$SIGNED"
printf 'sub:-:255:22:B\\nfpr:::::::::CC33:\\n'"""


@pytest.mark.parametrize(("validity", "expired"), [("-", False), ("e", True)])
def test_a_signing_key_is_known_by_its_primary_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, validity: str, expired: bool
) -> None:
    monkeypatch.setenv("SIGNED", validity)
    tool(tmp_path / "bin", "gpg", GPG)
    key = tmp_path / "k e y.asc"
    key.write_text("key\n")
    key.chmod(0o644)
    found = ask(SigningKey, tmp_path / "bin", path=str(key))
    assert found == KeyFile("0644", found.sha256, ("AA11",), expired)
    assert len(found.sha256) == 64


def test_a_machine_without_gpg_knows_a_key_by_its_sum(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "gpg", "exit 127")
    key = tmp_path / "key.asc"
    key.write_text("key\n")
    found = ask(SigningKey, tmp_path / "bin", path=str(key))
    assert found.sha256
    assert found.fingerprints == ()


def test_members_are_those_of_the_group(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "getent", "echo docker:x:999:admin,deploy")
    assert ask(Members, tmp_path / "bin", group="docker") == ("admin", "deploy")


def test_the_operator_is_who_sshd_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.168.56.1 50000 192.168.56.42 22")
    assert ask(OperatorAddress) == "192.168.56.1"
    monkeypatch.delenv("SSH_CONNECTION")
    assert ask(OperatorAddress) == ""


def test_disks_are_the_machines_own(tmp_path: Path) -> None:
    tool(
        tmp_path,
        "df",
        "echo Filesystem 1048576-blocks Used Available Capacity Mounted on;"
        " echo /dev/vda1 101 20 79 21% /; echo /dev/vdb 9 8 1 80% /run/host/os-release;"
        " echo /dev/vdc 9 1 8 12% /data",
    )
    assert ask(Disks, tmp_path) == (Disk("/", 20, 79), Disk("/data", 1, 8))
    tool(tmp_path, "df", "exit 1")
    assert ask(Disks, tmp_path) == ()
