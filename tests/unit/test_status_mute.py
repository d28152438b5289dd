"""The table of gates shows what it can, whichever machine cannot be asked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.unit.doubles import CHECKOUT, SECRETS

MACHINES = {"docker_host": "vm-docker", "k8s_control": "vm-k8s", "k8s_worker": "vm-worker"}


def inventory(folder: Path, *off: str) -> Path:
    """Bare machines that are none; those that are off are addresses where nobody answers."""
    with socket.socket() as nobody:  # bound and not listening: refused at once
        nobody.bind(("127.0.0.9", 0))
        where = {"ssh_hostname": "127.0.0.9", "ssh_port": nobody.getsockname()[1]}
    lines = [
        "import runpy",
        f"fake = runpy.run_path({str(CHECKOUT / 'tests/unit/fake_inventory.py')!r})",
    ]
    for number, (group, name) in enumerate(MACHINES.items(), 42):
        address = {"address": f"192.168.56.{number}"}
        gone = [(name, {**where, **address, "ssh_port": where["ssh_port"] + number})]
        lines.append(f"{group} = {gone!r}" if name in off else f"{group} = fake[{group!r}]")
    path = folder / "inventory.py"
    path.write_text("\n".join([*lines, "k8s_node = k8s_control + k8s_worker", "del runpy, fake"]))
    return path


def status(path: Path, *words: str, fault: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "operate.status",
            path,
            "--group-data",
            CHECKOUT / "group_data",
            *words,
        ],
        cwd=CHECKOUT,
        env={**os.environ, **SECRETS, "FAKE_FAULT": fault, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(path: Path, fault: str = "") -> list[dict[str, Any]]:
    done = status(path, "--json", fault=fault)
    assert done.returncode == 1, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def mute(found: list[dict[str, Any]]) -> dict[str, str]:
    return {row["host"]: row["came"] for row in found if row["gate"] == "it can be asked"}


def test_a_machine_that_is_off_is_a_row_beside_the_gates_of_the_others(tmp_path: Path) -> None:
    found = rows(inventory(tmp_path, "vm-worker"))
    (output,) = mute(found).values()
    assert output.startswith("admin@127.0.0.9 does not answer on SSH: is it on")
    hosts = {row["host"] for row in found if row["gate"] != "it can be asked"}
    assert hosts == {"@fake/vm-docker", "@fake/vm-k8s"}


def test_machines_that_are_all_off_are_a_row_each(tmp_path: Path) -> None:
    found = rows(inventory(tmp_path, *MACHINES.values()))
    assert set(mute(found)) == set(MACHINES.values())
    assert len(found) == 3


def test_a_machine_where_nobody_becomes_root_is_a_row(tmp_path: Path) -> None:
    found = mute(rows(inventory(tmp_path), fault="sudo"))
    assert set(found) == {f"@fake/{name}" for name in MACHINES.values()}
    assert all("put sudo_password into secrets.env" in output for output in found.values())


def test_the_table_for_a_person_has_it_too(tmp_path: Path) -> None:
    output = status(inventory(tmp_path, "vm-worker")).stdout
    assert "it can be asked" in output
    assert "does not answer on SSH" in output
