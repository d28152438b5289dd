"""A run of pyinfra itself against machines that do not exist: its plan, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from gates import LAYERS
from lab import Lab, verbs
from tests.unit.doubles import CHECKOUT, PASSWORD, SECRETS

PYINFRA = Path(sys.executable).with_name("pyinfra")
Plan = list[dict[str, Any]]


def pyinfra(*arguments: str, fault: str = "") -> subprocess.CompletedProcess[str]:
    """Run it; what it would bring here goes to a folder of its own."""
    with TemporaryDirectory() as folder:
        return _pyinfra("--data", f"operator_folder={folder}", *arguments, fault=fault)


def _pyinfra(*arguments: str, fault: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYINFRA, "tests/unit/fake_inventory.py", "deploy.py", *arguments],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "FAKE_FAULT": fault,
            **SECRETS,
            "NO_COLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def plan_of(*arguments: str) -> Plan:
    done = pyinfra("--dry", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    plan: Plan = json.loads(done.stdout)["plan"]
    return plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of("--data", "gitlab_project=group/shop")


def test_layers_follow_each_other_each_with_its_gate(plan: Plan) -> None:
    names = [operation["name"] for operation in plan]
    gates = [name for name in names if name.startswith("Wait at the ")]
    assert gates == [f"Wait at the {layer} gate" for layer in LAYERS]
    begun = [name.partition(" | ")[0] for name in names]
    assert begun[-1] == gates[-1], "the last thing is a gate"
    layer_of_step = [title for title in begun if title not in gates]
    titles = [layer.replace("_", " ").capitalize() for layer in LAYERS]
    assert list(dict.fromkeys(layer_of_step)) == titles
    for layer, title in zip(LAYERS, titles, strict=True):
        last = max(place for place, name in enumerate(begun) if name == title)
        assert names[last + 1] == f"Wait at the {layer} gate"


def test_only_the_docker_host_gets_docker(plan: Plan) -> None:
    owned = [op for op in plan if op["name"].startswith("Docker host | ")]
    assert owned
    assert {host for op in owned for host in op["hosts_with_change"]} == {"@fake/vm-docker"}


def test_a_limited_run_plans_for_that_machine_only(plan: Plan) -> None:
    limited = plan_of("--limit", "@fake/vm-worker")
    assert {host for op in limited for host in op["hosts_with_change"]} == {"@fake/vm-worker"}
    for_worker = [op["name"] for op in plan if "@fake/vm-worker" in op["hosts_with_change"]]
    assert [op["name"] for op in limited if op["hosts_with_change"]] == for_worker


def test_a_plan_for_a_person_is_what_would_change_and_a_number(plan: Plan) -> None:
    done = pyinfra("--dry", "--data", "gitlab_project=group/shop")
    assert done.returncode == 0, done.stderr
    _, _, rest = done.stderr.partition("--> Detected changes:\n")
    told, _, _ = rest.partition("\n\n")
    *lines, last = (line.strip() for line in told.splitlines())
    changing = [op for op in plan if op["hosts_with_change"]]
    assert lines == [f"{op['name']}: {', '.join(op['hosts_with_change'])}" for op in changing]
    assert re.fullmatch(r"\d+ are as they should be", last)


def test_a_dry_run_in_a_lab_is_planned_and_not_agreed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(verbs, "_as_operator", lambda lab, *words: ran.append(words))
    verbs.deploy(Lab("lab"), ["--dry"])
    verbs.deploy(Lab("lab"), [])
    assert ["-y" in words for words in ran] == [False, True]
    assert "--dry" in ran[0]


@pytest.mark.parametrize("option", ["--serial", "--no-wait"])
def test_options_that_break_the_order_of_layers_are_refused(option: str) -> None:
    done = pyinfra("-y", option)
    assert done.returncode != 0
    assert f"{option} is refused: layers depend on each other" in done.stderr
    assert "Connecting" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("distribution", "runs plan9 4; supported are debian 12, debian 13, ubuntu 22.04"),
        ("room", "12 MiB free on /usr, "),
        ("sudo", "sudo asks admin for a password: put sudo_password into secrets.env"),
    ],
)
def test_machines_that_will_not_do_are_named_all_at_once(fault: str, sentence: str) -> None:
    done = pyinfra("-y", fault=fault)
    assert done.returncode != 0
    assert "Not every machine can be worked on; nothing was touched." in done.stderr
    for name in ("vm-docker", "vm-k8s", "vm-worker"):
        assert f"@fake/{name}: {sentence}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Beginning operation run" not in done.stdout + done.stderr


def test_a_wrong_setting_is_refused_before_a_connection() -> None:
    done = pyinfra("-y", "--data", "edge_rate=0", "--data", "edge_hots=hit.local")
    assert done.returncode != 0
    assert "Settings are refused; nothing was touched." in done.stderr
    assert "edge_rate" in done.stderr
    assert "unknown setting; did you mean edge_host?" in done.stderr
    assert "Connected" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("argument", ["-vvv", "--diff"])
def test_no_secret_is_shown(argument: str) -> None:
    done = pyinfra("-y", argument)
    assert done.stderr
    assert PASSWORD not in done.stdout + done.stderr
