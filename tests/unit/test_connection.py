"""Around a connection: what answers sudo, commands for any shell, a machine that dies."""

from __future__ import annotations

import os
import select
import shlex
import stat
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from pydantic import SecretStr

import askpass
import connection
from spec import Platform
from spec.environment import environment
from tests.unit.doubles import sh

PASSWORD = SecretStr("it's $HOME; a \\ word")


class _Transport:
    """A connection that remembers what was set on it, alive or not."""

    def __init__(self) -> None:
        self.options: list[int] = []
        self.sock = SimpleNamespace(
            setsockopt=lambda _, name, value: self.options.append(name), settimeout=lambda _: None
        )
        self.alive = True
        self.every = 0

    def set_keepalive(self, seconds: int) -> None:
        self.every = seconds

    def is_active(self) -> bool:
        return self.alive


class _Host:
    """A machine at the other end, which runs commands here."""

    print_prefix = "[vm-worker] "
    name = "vm-worker"

    def __init__(self, home: Path, **environment: str) -> None:
        self.transport = _Transport()
        self.ran: list[str] = []
        client = SimpleNamespace(get_transport=lambda: self.transport, exec_command=self._execute)
        self.connector = SimpleNamespace(client=client)
        self.connector_data: dict[str, Any] = {}
        self.environment = {"HOME": f"{home}", "XDG_RUNTIME_DIR": f"{home}", **environment}

    def _execute(self, command: str, **_: Any) -> str:
        self.ran.append(command)
        return sh(command).stdout

    def get_temp_dir_config(self) -> str:
        return "/tmp"

    def run_shell_command(self, command: Any, **arguments: Any) -> tuple[bool, Any]:
        told = "".join(f"export {name}='{value}'; " for name, value in self.environment.items())
        done = sh(told + command.get_raw_value(), stdin=arguments.get("_stdin"))
        return done.returncode == 0, SimpleNamespace(stdout_lines=done.stdout.splitlines())


def test_the_helper_of_sudo_is_for_its_owner_only_and_leaves_nothing(tmp_path: Path) -> None:
    host: Any = _Host(tmp_path)
    askpass.put(host, PASSWORD)
    helper = Path(host.connector_data["askpass"])
    assert helper.is_relative_to(tmp_path)
    assert stat.S_IMODE(helper.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(helper.stat().st_mode) == 0o700
    assert sh(str(helper)).stdout == f"{PASSWORD.get_secret_value()}\n"
    assert host.connector_data["sudo_askpass_path__/tmp"] == str(helper)
    askpass.remove(host)
    assert list(tmp_path.iterdir()) == []


def test_the_helper_goes_with_its_connection_whoever_was_killed(tmp_path: Path) -> None:
    """A session of sshd's is what the kernel calls so; the login shell stands in between."""
    session = tmp_path / "sshd-session"
    helper = shlex.quote(f"{askpass.ASKPASS}\n:")
    session.write_text(f"#!/bin/sh\nsh -c {helper}\nexec sleep 60 >/dev/null\n")
    session.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path)}
    with subprocess.Popen(
        [session], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stdin
        assert running.stdout
        running.stdin.write("#!/bin/sh\necho password\n")
        running.stdin.close()
        folder = Path(running.stdout.readline().removeprefix("askpass ").strip())
        # sshd ends a command when nobody can write to it any more: a run would wait for ever.
        ended, _, _ = select.select([running.stdout], [], [], 60)
        assert ended
        assert running.stdout.read() == ""
        time.sleep(2.5)
        assert (folder / "askpass").exists(), "it lasts as long as the connection"
        running.kill()
    until = time.monotonic() + 60
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not folder.exists()


def test_nobody_else_reads_the_helper_at_any_moment(tmp_path: Path) -> None:
    """Neither while it is written: its folder is shut before there is anything in it."""
    watch = f"(while :; do stat -c '%a %n' {tmp_path}/.threebody-* {tmp_path}/.threebody-*/*; done)"
    done = sh(
        f"umask 000; export XDG_RUNTIME_DIR={tmp_path};"
        f" {watch} >{tmp_path}/told 2>/dev/null & watcher=$!;"
        f" ({askpass.ASKPASS}); kill $watcher",
        stdin="#!/bin/sh\necho password\n",
    )
    assert "askpass " in done.stdout
    seen = {line.split()[0] for line in (tmp_path / "told").read_text().splitlines()}
    assert seen <= {"700", "600"}, seen


def test_two_runs_have_a_helper_each(tmp_path: Path) -> None:
    one: Any = _Host(tmp_path)
    other: Any = _Host(tmp_path)
    for host in (one, other):
        askpass.put(host, PASSWORD)
    askpass.remove(one)
    assert Path(other.connector_data["askpass"]).exists()


def test_the_helper_goes_where_programs_may_run_and_vanishes_at_logout(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    host: Any = _Host(tmp_path, XDG_RUNTIME_DIR=str(runtime))
    askpass.put(host, PASSWORD)
    assert Path(host.connector_data["askpass"]).is_relative_to(runtime)


def test_without_a_password_nothing_is_written(tmp_path: Path) -> None:
    host: Any = _Host(tmp_path)
    askpass.put(host, None)
    assert (list(tmp_path.iterdir()), host.connector_data) == ([], {})


def test_a_machine_that_dies_is_noticed_within_a_minute(tmp_path: Path) -> None:
    host: Any = _Host(tmp_path)
    connection._send_at_once(host)
    assert connection.ASKED_EVERY + connection.GIVEN_UP_AFTER < 60
    assert host.transport.every == connection.ASKED_EVERY
    assert len(host.transport.options) == 2


@pytest.mark.parametrize(("alive", "told"), [(True, []), (False, ["its connection broke"])])
def test_a_connection_that_broke_is_told_from_a_command_that_failed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, alive: bool, told: list[str]
) -> None:
    host: Any = _Host(tmp_path)
    host.transport.alive = alive
    state: Any = None
    connection.Connection(False, True).operation_host_error(state, host, "hash")
    assert [line for line in told if line in caplog.text] == told
    assert bool(caplog.messages) is bool(told)


def test_commands_of_many_for_one_machine_wait_for_each_other(tmp_path: Path) -> None:
    """Ten workers that join ask the control plane at once, and sshd lets ten sessions in."""
    host: Any = _Host(tmp_path)
    begun = ended = most = 0

    def run(command: str) -> str:
        nonlocal begun, ended, most
        begun += 1
        most = max(most, begun - ended)
        gevent.sleep(0)
        ended += 1
        return command

    host.connector.run_shell_command = run
    connection._run_one_at_a_time(host)
    running = [gevent.spawn(host.connector.run_shell_command, f"{n}") for n in range(12)]
    gevent.joinall(running, raise_error=True)
    assert ([one.value for one in running], most) == ([f"{n}" for n in range(12)], 1)


NASTY = "printf '%s\\n' 'it'\"'\"'s' \"a!b\" '\\\\n' &&\nread -r line && echo \"$line\""


def test_commands_are_sent_in_letters_that_every_shell_takes(tmp_path: Path) -> None:
    host: Any = _Host(tmp_path)
    connection._speak_to_any_shell(host)
    assert host.connector.client.exec_command('echo "it\'s !"; exit 0') == "it's !\n"
    (sent,) = host.ran
    # Neither a newline nor a bang nor a backslash: csh and fish take those apart between quotes.
    assert not set("\n!\\") & set(sent)
    assert sent.count("'") == 2


def test_what_is_sent_keeps_standard_input_and_the_status(tmp_path: Path) -> None:
    host: Any = _Host(tmp_path)
    connection._speak_to_any_shell(host)
    host.connector.client.exec_command(NASTY)
    done = sh(host.ran[-1], stdin="a line\n")
    assert done.stdout == "it's\na!b\n\\\\n\na line\n"
    host.connector.client.exec_command("exit 7")
    assert sh(host.ran[-1]).returncode == 7


def test_the_platforms_own_names_and_addresses_go_through_no_proxy(platform: Platform) -> None:
    told = environment(platform)
    direct = told["no_proxy"].split(",")
    for name in ("harbor.local", "hit.local", "192.168.56.43", "vm-worker", "10.96.0.1"):
        assert name in direct
    assert told["NO_PROXY"] == told["no_proxy"]
    assert told["LC_ALL"] == "C.UTF-8"
