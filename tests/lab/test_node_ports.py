"""NodePorts: the application's, for the edge and for operators; every other is shut."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from lab import Lab
from lab.machines import Machine
from lab.shell import run
from tests.lab.cluster import NAMESPACE, phase, pod, told, until
from tests.lab.deploying import converge
from tests.lab.test_registry import ELSEWHERE

pytestmark = pytest.mark.usefixtures("converged")

NODE_PORT, CLOSED_NODE_PORT = 30080, 30500


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=3):
            return True
    except OSError:
        return False


@pytest.fixture
def served(pods: None) -> None:
    """A pod behind two NodePorts: one of the application's, and one that nobody opened."""
    told("apply", "-f", "-", stdin=pod("web", "busybox:1.36", "command: [httpd, -f, -p, '8000']"))
    for name, port in (("shop", NODE_PORT), ("other", CLOSED_NODE_PORT)):
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {
                "type": "NodePort",
                "selector": {"app": "web"},
                "ports": [{"port": 80, "targetPort": 8000, "nodePort": port}],
            },
        }
        told("apply", "-f", "-", stdin=json.dumps(service))
    until(lambda: phase("web") == "Running", 60, "the pod behind the NodePorts runs")


@contextmanager
def from_elsewhere(lab: Lab, machine: Machine) -> Iterator[None]:
    """Requests to a machine come from an address outside of the node network."""
    here, route = ("ip", "-n", lab.netns), (f"{machine.address}/32", "dev", "br0")
    run(*here, "address", "add", f"{ELSEWHERE}/32", "dev", "br0")
    run(*here, "route", "replace", *route, "src", ELSEWHERE)
    try:
        yield
    finally:
        run(*here, "route", "del", *route)
        run(*here, "address", "del", f"{ELSEWHERE}/32", "dev", "br0")


def test_node_ports_of_the_application_are_reached_from_edge_and_operator_only(
    served: None, lab: Lab, docker: Machine, worker: Machine, control: Machine
) -> None:
    for node in (worker, control):
        knock = f"curl -s -o /dev/null --max-time 3 http://{node.address}:"
        until(partial(_answers, node.address, NODE_PORT), 20, f"{node.name} serves the NodePort")
        docker.ssh(f"{knock}{NODE_PORT}/")
        assert docker.ssh(f"{knock}{CLOSED_NODE_PORT}/ && echo open || :") == ""
        assert not _answers(node.address, CLOSED_NODE_PORT)
    with from_elsewhere(lab, worker):
        assert not _answers(worker.address, NODE_PORT)
    # The way from there is open: nothing but the fence keeps anybody out.
    worker.ssh(f"sudo iptables -t mangle -I NODE-PORTS -s {ELSEWHERE} -j RETURN")
    with from_elsewhere(lab, worker):
        assert _answers(worker.address, NODE_PORT)
    assert list(converge("--limit", "vm-worker")) == ["K8s node | Let NodePorts obey the firewall"]
