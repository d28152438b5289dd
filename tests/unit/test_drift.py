"""`make drift`: quiet while all is well, a line for what differs, a sentence when nobody knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, PASSWORD, SECRETS


def drift(
    *plan: dict[str, object],
    shut: Sequence[dict[str, object]] = (),
    output: str = "",
    status: int = 0,
) -> tuple[int, str, str]:
    """Run it with a pyinfra that has this plan, and a `make status` with these gates."""
    answers = {name: json.dumps(it) for name, it in (("plan", {"plan": plan}), ("shut", shut))}
    double = (
        "import subprocess, sys; from operate import drift;"
        "drift.subprocess.run = lambda words, **_: subprocess.CompletedProcess(words,"
        f" 1 if 'operate.status' in words else {status},"
        f" {answers['shut']!r} if 'operate.status' in words else {answers['plan']!r}, {output!r});"
        "sys.exit(drift.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", double], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def step(name: str, *hosts: str) -> dict[str, object]:
    return {"name": name, "hosts_with_change": list(hosts)}


def test_a_platform_that_is_as_it_should_be_is_no_word_and_zero() -> None:
    plan = (step("Common | Write the hosts file"), step("Wait at the common gate"))
    assert drift(*plan) == (0, "", "")


def test_each_machine_and_operation_that_differs_is_a_line() -> None:
    plan = (step("Common | Write the hosts file", "vm-k8s", "vm-worker"), step("Common | Rest"))
    lines = "vm-k8s: Common | Write the hosts file\nvm-worker: Common | Write the hosts file\n"
    assert drift(*plan) == (1, lines, "")


def test_a_gate_that_is_shut_is_a_line_and_one_that_opened_meanwhile_is_none() -> None:
    plan = step("Wait at the cluster gate", "vm-k8s")
    rows = [
        {"host": "vm-k8s", "gate": "every node is Ready", "open": False},
        {"host": "vm-k8s", "gate": "pods find names", "open": True},
    ]
    assert drift(plan, shut=rows) == (1, "vm-k8s: gate shut: every node is Ready\n", "")
    assert drift(plan, shut=rows[1:]) == (0, "", "")


def test_who_could_not_be_asked_is_said_without_what_pyinfra_says_around_it() -> None:
    output = (
        "--> Loading config...\n\x1b[31m--> pyinfra error in /x/y.py line 7: Not every machine can"
        " be reached; nothing was touched.\x1b[0m\n    vm-worker: does not answer\n"
    )
    sentence = (
        "Not every machine can be reached; nothing was touched.\nvm-worker: does not answer\n"
    )
    assert drift(output=output, status=1) == (2, "", sentence)


@pytest.mark.parametrize("fault", ["sudo", ""])
def test_machines_behind_pyinfra_itself_are_asked(fault: str, tmp_path: Path) -> None:
    environment = {**os.environ, **SECRETS, "FAKE_FAULT": fault}
    words = (sys.executable, "-m", "operate.drift", "tests/unit/fake_inventory.py")
    settings = tmp_path / "group_data"
    settings.mkdir()
    (settings / "all.py").write_text(f'operator_folder = "{tmp_path}"\n')
    done = subprocess.run(
        (*words, "--limit", "@fake/vm-docker", "--group-data", str(settings)),
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if fault:
        assert (done.returncode, done.stdout) == (2, "")
        assert "sudo asks admin for a password" in done.stderr
    else:
        assert done.returncode == 1
        assert "@fake/vm-docker: Common | Write the hosts file" in done.stdout.splitlines()


def test_make_hands_the_inventory_on() -> None:
    words = ["make", "--dry-run", "drift", "INVENTORY=other.py"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "-m operate.drift other.py" in output
