"""Lines that reach Loki: of every machine, of Harbor and the edge, and after it was away."""

from __future__ import annotations

from functools import partial

import pytest

from lab import Lab, machines
from lab.machines import Machine
from spec.parts import JOURNALS_PORT
from tests.lab.cluster import told, until
from tests.lab.deploying import await_shut
from tests.lab.doors import answers
from tests.lab.monitored import JOURNALS_GATE, shut, visit
from tests.lab.pages import lines

pytestmark = pytest.mark.usefixtures("installed")


def of_host(name: str) -> str:
    """Labels of what a machine's journal gets."""
    return f'job="journal",host="{name}"'


def test_a_line_of_every_machines_journal_is_found_within_30_seconds(
    lab: Lab, worker: Machine
) -> None:
    every = machines.of(lab)
    for machine in every:
        machine.ssh(f"logger --tag somebody written-on-{machine.name}")
    for machine in every:
        found = partial(lines, worker, of_host(machine.name), f"written-on-{machine.name}")
        until(lambda found=found: bool(found()), f"the line of {machine.name}", 30)  # type: ignore[misc]
        assert found() == [f"somebody: written-on-{machine.name}"]


def test_what_harbor_and_the_edge_write_is_found_too(docker: Machine, worker: Machine) -> None:
    visit(docker)
    docker.ssh("curl -s http://harbor.local:8080/api/v2.0/ping?seen=by-loki")
    edge = partial(lines, worker, of_host("vm-docker"), "GET /go/api/products")
    harbor = partial(lines, worker, of_host("vm-docker"), "seen=by-loki")
    until(lambda: bool(edge()), "what the edge writes is found")
    until(lambda: bool(harbor()), "what Harbor writes is found")


def test_machines_hand_lines_over_and_read_none_and_nobody_else_reaches_that(
    control: Machine, worker: Machine
) -> None:
    at = f"http://{worker.address}:{JOURNALS_PORT}/loki/api/v1"
    asks = "curl -s -o /dev/null --max-time 30 -w '%{http_code}'"
    body = '{"streams": []}'
    assert control.ssh(f"{asks} -d '{body}' {at}/push") == "204"
    assert control.ssh(f"{asks} '{at}/query_range?query=%7Bjob%3D%22journal%22%7D'") == "404"
    assert not answers(worker, JOURNALS_PORT)


def test_what_is_written_while_loki_is_away_is_there_when_it_is_back(
    docker: Machine, worker: Machine, watched: tuple[str, ...]
) -> None:
    scale = ("-n", "monitoring", "scale", "--timeout=180s", "statefulset/loki")
    told(*scale, "--replicas=0")
    try:
        docker.ssh("logger --tag somebody while-it-was-away")
        until(lambda: JOURNALS_GATE in shut(watched), "the gate of the journals shuts")
    finally:
        told(*scale, "--replicas=1")
    told("-n", "monitoring", "rollout", "status", "statefulset/loki", "--timeout=180s")
    found = partial(lines, worker, of_host("vm-docker"), "while-it-was-away")
    until(lambda: found() == ["somebody: while-it-was-away"], "the line is there, once")
    await_shut(ask=partial(shut, watched))
