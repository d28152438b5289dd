"""What a run without changes costs, against plain SSH doing the same work (`make bench`).

Run inside the lab's network. First the run is recorded: which commands, on which host. Then it is
timed against one SSH connection per host, all hosts at once, that feeds the recorded commands to a
shell: what is left of the ratio is Python's start, the plan, and the round trips.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lab import CHECKOUT, USUAL, Lab, machines

ROUNDS = 5
DEPLOY = ("inventory.py", "deploy.py", "-y", "--group-data", "lab/group_data")


def main() -> int:
    """Record once, then time both in turn; exit status 1 when the run changed something."""
    lab = Lab(os.environ.get("LAB") or USUAL)
    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder) / "commands.json"
        subprocess.run(
            [sys.executable, "-m", "lab.bench", "record", str(recorded)],
            cwd=CHECKOUT,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        commands: list[tuple[str, str]] = json.loads(recorded.read_text())
    scripts = {machine: _script(commands, machine.name) for machine in machines.of(lab)}
    ours, plain = [], []
    _deploy()  # once for the caches of the disk
    for _ in range(ROUNDS):
        ours.append(_timed(_deploy))
        plain.append(_timed(lambda: _over_plain_ssh(scripts)))
    _show(Counter(host for host, _ in commands), ours, plain)
    return 0


def _record(target: Path) -> None:
    """Run the deploy in this process, writing down each command that goes to a host."""
    from pyinfra.connectors.sshuserclient import SSHClient
    from pyinfra_cli.main import main as pyinfra  # patches the standard library: not for the rest

    seen: list[tuple[str, str]] = []
    names = {machine.address: machine.name for machine in machines.of(Lab("lab"))}
    send: Any = SSHClient.exec_command

    def send_and_tell(client: Any, command: str, *more: Any, **named: Any) -> Any:
        address = client.get_transport().getpeername()[0]
        seen.append((names[address], command))
        return send(client, command, *more, **named)

    setattr(SSHClient, "exec_command", send_and_tell)  # noqa: B010 - for this one run
    sys.argv = ["pyinfra", *DEPLOY]
    try:
        pyinfra()
    finally:
        target.write_text(json.dumps(seen))


def _script(commands: list[tuple[str, str]], name: str) -> str:
    return "".join(f"( {command}\n) </dev/null\n" for host, command in commands if host == name)


def _deploy() -> None:
    pyinfra = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run([pyinfra, *DEPLOY], cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: the run failed; bring the lab to green first\n{done.stderr}")


def _over_plain_ssh(scripts: dict[machines.Machine, str]) -> None:
    running = [
        (
            subprocess.Popen(
                machine.ssh_command("sh -s"),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
            ),
            script,
        )
        for machine, script in scripts.items()
    ]
    for process, script in running:
        assert process.stdin is not None
        process.stdin.write(script)
        process.stdin.close()
    for process, _ in running:
        process.wait()


def _timed(action: Callable[[], None]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _show(commands: Counter[str], ours: list[float], plain: list[float]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "min", "median", "max"):
        table.add_column(heading, justify="right" if heading else "left")
    for title, seconds in (("a run without changes", ours), ("plain ssh, same commands", plain)):
        figures = (min(seconds), statistics.median(seconds), max(seconds))
        table.add_row(title, *(f"{figure:.2f} s" for figure in figures))
    ratios = [a / b for a, b in zip(ours, plain, strict=True)]
    table.add_row("ratio", *(f"{f(ratios):.2f}" for f in (min, statistics.median, max)))
    console = Console()
    console.print(table)
    told = ", ".join(f"{host} {count}" for host, count in commands.items())
    console.print(f"SSH commands a host: {told}; {ROUNDS} rounds in turn")
    console.print(f"ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        _record(Path(sys.argv[2]))
    else:
        sys.exit(main())
