"""What a deploy costs: its time, its commands, the CPU of the machines, the starts of kubectl."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import CHECKOUT, Lab, cgroups, keeper, machines
from lab.machines import Machine

PYINFRA = Path(sys.executable).with_name("pyinfra")
# A program in its place writes a line a start, whoever starts it, and goes on as the real one.
COUNT = r"""mkdir /opt/counted; cd /opt/counted; : >starts; : >real; chmod 0666 starts
mount --bind --make-private /usr/bin/kubectl real
printf '#!/bin/sh\necho >>/opt/counted/starts\nexec /opt/counted/real "$@"\n' >counts
chmod +x counts; mount --bind counts /usr/bin/kubectl"""
COUNTED = (
    """umount /usr/bin/kubectl /opt/counted/real; wc -l </opt/counted/starts; rm -r /opt/counted"""
)


@dataclass(frozen=True)
class Cost:
    """What something took."""

    seconds: float
    cpu: float  # seconds of the machines, all together


def timed(lab: Lab, action: Callable[[], None]) -> Cost:
    """The cost of an action."""
    cpu, began = cpu_of(lab), time.monotonic()
    action()
    return Cost(time.monotonic() - began, cpu_of(lab) - cpu)


def cpu_of(lab: Lab) -> float:
    """The CPU seconds that all machines of a lab have used since they were started."""
    return sum(cgroups.cpu(keeper.group(lab, machine.name)) for machine in machines.of(lab))


def deploy(*words: str) -> None:
    """Run pyinfra to its end; raises SystemExit when that is a bad one."""
    done = subprocess.run([PYINFRA, *words], cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: the run failed; bring the lab to green first\n{done.stderr}")


def recorded(lab: Lab, *words: str) -> list[tuple[str, str]]:
    """Deploy once; the commands that went to the machines, each with the machine's name."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "commands.json"
        subprocess.run(
            [sys.executable, "-m", "lab.measuring", lab.name, str(target), *words],
            cwd=CHECKOUT,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return [(name, command) for name, command in json.loads(target.read_text())]


def _record(lab: Lab, target: Path, words: Sequence[str]) -> None:
    """Run the deploy in this process, writing down each command that goes to a host."""
    from pyinfra.connectors.sshuserclient import SSHClient
    from pyinfra_cli.main import main as pyinfra  # patches the standard library: not for the rest

    seen: list[tuple[str, str]] = []
    names = {machine.address: machine.name for machine in machines.of(lab)}
    send: Any = SSHClient.exec_command

    def send_and_tell(client: Any, command: str, *extra: Any, **named: Any) -> Any:
        address = client.get_transport().getpeername()[0]
        seen.append((names[address], command))
        return send(client, command, *extra, **named)

    setattr(SSHClient, "exec_command", send_and_tell)  # noqa: B010 - for this one run
    sys.argv = ["pyinfra", *words]
    try:
        pyinfra()
    finally:
        target.write_text(json.dumps(seen))


def over_plain_ssh(lab: Lab, commands: Sequence[tuple[str, str]]) -> None:
    """Feed the commands to a shell on each machine, all machines at once."""
    running = []
    for machine in machines.of(lab):
        script = "".join(
            f"( {text}\n) </dev/null\n" for name, text in commands if name == machine.name
        )
        process = subprocess.Popen(
            machine.ssh_command("sh -s"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append((process, script))
    for process, script in running:
        assert process.stdin is not None
        process.stdin.write(script)
        process.stdin.close()
    for process, _ in running:
        process.wait()


@contextmanager
def counting_kubectl(nodes: Sequence[Machine]) -> Iterator[list[int]]:
    """The starts of kubectl on these machines meanwhile; filled in at the end."""
    starts: list[int] = []
    for node in nodes:
        node.ssh(f"sudo sh -ec {_quoted(COUNT)}")
    try:
        yield starts
    finally:
        starts += [int(node.ssh(f"sudo sh -ec {_quoted(COUNTED)}")) for node in nodes]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    _record(Lab(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
