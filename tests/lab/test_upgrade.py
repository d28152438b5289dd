"""Kubernetes from one line to the next, node after node, while a client asks all the time.

A part of `make soak`, on a lab that has both: `KUBERNETES=1.35.4,1.36.3 WORKERS=3 make test
ARGS=tests/lab/test_upgrade.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from lab.machines import Machine
from lab.mirror.kubernetes import wanted
from tests.lab.clients import SHOP, asking, served
from tests.lab.cluster import KUBERNETES, NAMESPACE, VERSION, ready, told, until
from tests.lab.deploying import Run, converge, deploy, kill_after

NEWEST = wanted.releases()[-1].version
TO = ("--data", f"kubernetes_version={NEWEST}")
SCRIPT = "operate/upgrade.py"
pytestmark = [
    pytest.mark.skipif(
        NEWEST == KUBERNETES, reason="this lab has one Kubernetes only: make soak has two"
    ),
    pytest.mark.usefixtures("serving"),
]


def upgrade(*arguments: str, **environment: str) -> Run:
    """`make upgrade` with kubernetes_version set to the newest."""
    return deploy("-y", *TO, *arguments, script=SCRIPT, env=environment)


def refused(run: Run) -> str:
    assert run.status != 0
    assert "Traceback" not in run.said
    return run.said


def versions() -> set[tuple[bool, str]]:
    return set(ready().values())


@pytest.fixture(scope="module")
def serving(converged: None) -> Iterator[None]:
    with served():
        yield


def test_a_run_says_who_upgrades_and_touches_nothing() -> None:
    output = refused(deploy("-y", *TO))
    assert f"the cluster runs Kubernetes {KUBERNETES}, and kubernetes_version is {NEWEST}" in output
    assert "`make upgrade` goes there" in output
    assert versions() == {(True, VERSION)}


def test_no_upgrade_begins_while_a_node_is_not_ready(worker: Machine) -> None:
    worker.ssh("sudo systemctl stop kubelet")
    try:
        until(lambda: not ready()["vm-worker"][0], 90, "the node is not Ready")
        output = refused(upgrade())
    finally:
        worker.ssh("sudo systemctl start kubelet")
    assert "vm-worker is not Ready: look there with journalctl" in output
    assert "Nothing was touched" in output
    until(lambda: versions() == {(True, VERSION)}, 60, "every node is Ready")


def test_a_drain_that_a_budget_blocks_stops_at_its_limit_and_names_the_pod() -> None:
    whole = json.dumps({"spec": {"minAvailable": 2}})
    told("-n", NAMESPACE, "patch", "pdb", "frontend", "--type=merge", "--patch", whole)
    began = time.monotonic()
    try:
        output = refused(upgrade(WITHIN="10"))
    finally:
        told("apply", "-f", "-", stdin=SHOP)
    assert "was not drained within 10 s, and takes pods as before" in output
    assert f"{NAMESPACE}/frontend-" in output
    nodes = json.loads(told("get", "nodes", "-o", "json"))["items"]
    assert not any(node["spec"].get("unschedulable") for node in nodes)
    assert ready()["vm-k8s"] == (True, f"v{NEWEST}"), "the control plane comes first"
    print(f"the control plane after {time.monotonic() - began:.0f} s")


def test_a_run_leaves_the_rest_to_the_upgrade() -> None:
    output = refused(deploy("-y", *TO))
    assert f"vm-worker: its kubelet is {KUBERNETES}" in output
    assert "`make upgrade` comes to it" in output


def test_one_that_is_killed_goes_on_and_no_client_is_left_without_an_answer() -> None:
    began = time.monotonic()
    with asking() as client:
        kill_after(25, *TO, script=SCRIPT)
        run = upgrade()
        assert run.status == 0, run.reason
    took = time.monotonic() - began
    print(f"the workers after {took:.0f} s; asked {client.asked} times, {client.again} again")
    assert client.asked > 20
    assert client.failed == []
    assert versions() == {(True, f"v{NEWEST}")}


def test_a_platform_that_was_upgraded_is_one_that_was_deployed() -> None:
    assert converge(*TO) == {}
    run = upgrade("--json")
    assert run.status == 0
    assert run.changes == {}
