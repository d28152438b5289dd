"""Who answers in a machine's place is sent nothing, and the keys of machines are recorded once."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from tests.unit.doubles import CHECKOUT, SECRETS

MACHINES = {"docker_host": "vm-docker", "k8s_control": "vm-k8s", "k8s_worker": "vm-worker"}
PASSWORD = "what-only-sudo-may-know"


class Impostor(paramiko.ServerInterface):
    """A server of SSH that lets everybody in, and keeps what it is told."""

    def __init__(self) -> None:
        self.key = paramiko.ECDSAKey.generate()
        self.told: list[bytes] = []
        self.logins = 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.name = f"[127.0.0.1]:{self.door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def line(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def _serve(self) -> None:
        while True:
            try:
                came, _ = self.door.accept()
            except OSError:
                return
            transport = paramiko.Transport(came)
            transport.add_server_key(self.key)
            # Who goes before the end is none of our errors: nobody waits for him.
            transport.start_server(threading.Event(), server=self)

    def leave(self) -> None:
        with suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.logins += 1
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        def answer() -> None:
            while told := channel.recv(4096):
                self.told.append(told)
            channel.send(b"askpass /nowhere\n")
            channel.send_exit_status(0)
            channel.close()

        threading.Thread(target=answer, daemon=True).start()
        return True


@pytest.fixture
def impostors() -> Iterator[dict[str, Impostor]]:
    present = {name: Impostor() for name in MACHINES.values()}
    yield present
    for one in present.values():
        one.leave()


class Operator:
    """A person with a checkout, a key, and a home of her own."""

    def __init__(self, home: Path, impostors: dict[str, Impostor], **host_keys: str) -> None:
        self.home = home
        self.inventory = home / "inventory.py"
        lines = []
        for number, (group, name) in enumerate(MACHINES.items(), 42):
            data = {
                "ssh_hostname": "127.0.0.1",
                "ssh_port": int(impostors[name].name.rpartition(":")[2]),
                "address": f"192.168.56.{number}",
                "ssh_key": str(home / "key"),
                **({"host_key": host_keys[name]} if name in host_keys else {}),
            }
            lines.append(f"{group} = {[(name, data)]!r}")
        self.inventory.write_text("\n".join([*lines, "k8s_node = k8s_control + k8s_worker", ""]))
        key = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key"))
        subprocess.run(key, check=True)

    @property
    def known_hosts(self) -> Path:
        return self.home / ".ssh" / "known_hosts"

    def knows(self, *impostors: Impostor) -> None:
        self.known_hosts.parent.mkdir(exist_ok=True)
        self.known_hosts.write_text("".join(f"{one.name} {one.line}\n" for one in impostors))

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **SECRETS, "SUDO_PASSWORD": PASSWORD, "HOME": str(self.home)}
        environment.pop("SSH_AUTH_SOCK", None)
        settings = ("--group-data", str(CHECKOUT / "group_data"))
        return subprocess.run(
            [sys.executable, "-m", words[0], str(self.inventory), *words[1:], *settings],
            cwd=CHECKOUT,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def deploy(self) -> str:
        done = self.run("pyinfra", "deploy.py", "-y")
        assert done.returncode != 0
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)

    def trust(self, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return self.run("operate.trust", *words, stdin=answer)


def told(impostors: dict[str, Impostor]) -> bytes:
    return b"".join(part for one in impostors.values() for part in one.told)


def test_strangers_are_sent_nothing_and_are_named_all_at_once(
    tmp_path: Path, impostors: dict[str, Impostor]
) -> None:
    person = Operator(tmp_path, impostors)
    person.knows()
    output = person.deploy()
    assert PASSWORD.encode() not in told(impostors)
    assert [one.logins for one in impostors.values()] == [0, 0, 0]
    assert "Not every machine can be reached; nothing was touched." in output
    for name, one in impostors.items():
        assert f"{name}: {one.name} shows the host key {one.key.fingerprint}" in output
    assert output.count("ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub") == 3
    assert output.count("`make trust` records it") == 3
    assert person.known_hosts.read_text() == ""


def test_who_shows_another_key_than_before_is_sent_nothing(
    tmp_path: Path, impostors: dict[str, Impostor]
) -> None:
    person = Operator(tmp_path, impostors)
    before = paramiko.ECDSAKey.generate()
    person.knows(*impostors.values())
    person.known_hosts.write_text(
        person.known_hosts.read_text().replace(
            impostors["vm-k8s"].key.get_base64(), before.get_base64()
        )
    )
    output = person.deploy()
    assert impostors["vm-k8s"].logins == 0
    assert PASSWORD.encode() not in b"".join(impostors["vm-k8s"].told)
    assert before.fingerprint in output
    assert impostors["vm-k8s"].key.fingerprint in output
    # Those that are known were asked: what is refused is not SSH as such.
    assert impostors["vm-docker"].logins == 1


def test_a_key_in_the_inventory_counts_and_no_other(
    tmp_path: Path, impostors: dict[str, Impostor]
) -> None:
    right = {name: one.line for name, one in impostors.items()}
    wrong = paramiko.ECDSAKey.generate()
    person = Operator(
        tmp_path, impostors, **{**right, "vm-worker": f"{wrong.get_name()} {wrong.get_base64()}"}
    )
    person.knows(impostors["vm-worker"])  # known_hosts is not asked where the inventory says it
    output = person.deploy()
    assert [one.logins for one in impostors.values()] == [1, 1, 0]
    assert "host_key in the inventory has" in output
    done = person.trust("-y")
    assert done.returncode == 1
    assert f"write `{impostors['vm-worker'].line}` into it" in done.stderr


def test_keys_are_recorded_once_somebody_has_compared(
    tmp_path: Path, impostors: dict[str, Impostor]
) -> None:
    person = Operator(tmp_path, impostors)
    for answer in ("n\n", ""):
        done = person.trust(answer=answer)
        assert (done.returncode, person.known_hosts.exists()) == (1, False)
    done = person.trust(answer="y\n")
    assert done.returncode == 0, done.stderr
    for one in impostors.values():
        assert one.key.fingerprint in done.stdout
    assert person.known_hosts.stat().st_mode & 0o777 == 0o600
    again = person.trust()
    assert (again.returncode, again.stdout.count("known")) == (0, 3)
    assert told(impostors) == b""


def test_a_key_that_changed_is_replaced_and_others_are_kept(
    tmp_path: Path, impostors: dict[str, Impostor]
) -> None:
    person = Operator(tmp_path, impostors)
    person.knows(*impostors.values())
    changed = impostors["vm-worker"]
    before = paramiko.ECDSAKey.generate()
    listed = person.known_hosts.read_text().replace(changed.key.get_base64(), before.get_base64())
    person.known_hosts.write_text(f"{listed}other ssh-ed25519 AAAA".rstrip())
    done = person.trust("-y")
    assert done.returncode == 0, done.stderr
    assert f"CHANGED: it was {before.fingerprint}" in done.stdout
    now = person.known_hosts.read_text().splitlines()
    assert f"{changed.name} {changed.line}" in now
    assert "other ssh-ed25519 AAAA" in now
    assert before.get_base64() not in "\n".join(now)


def test_a_machine_that_does_not_answer_leaves_trust_undone(
    tmp_path: Path, impostors: dict[str, Impostor]
) -> None:
    person = Operator(tmp_path, impostors)
    impostors["vm-k8s"].leave()
    done = person.trust("-y")
    assert done.returncode == 1
    assert re.search(r"vm-k8s +does not answer on SSH", done.stdout)
    assert len(person.known_hosts.read_text().splitlines()) == 2
