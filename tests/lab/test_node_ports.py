"""NodePorts: the application's, for the edge and for operators; every other is shut."""

from __future__ import annotations

import json
from functools import partial

import pytest

from lab import Lab
from lab.machines import Machine
from tests.lab.cluster import NAMESPACE, phase, pod, told, until
from tests.lab.deploying import converge
from tests.lab.doors import ELSEWHERE, answers, from_elsewhere

pytestmark = pytest.mark.usefixtures("converged")

NODE_PORT, CLOSED_NODE_PORT = 30080, 30500


@pytest.fixture
def served(pods: None) -> None:
    """A tier's pod behind two NodePorts: one of the application's, and one that nobody opened."""
    serve = "command: [httpd, -f, -p, '8000']"
    told("apply", "-f", "-", stdin=pod("frontend", "busybox:1.36", serve))
    for name, port in (("shop", NODE_PORT), ("other", CLOSED_NODE_PORT)):
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {
                "type": "NodePort",
                "selector": {"app": "frontend"},
                "ports": [{"port": 80, "targetPort": 8000, "nodePort": port}],
            },
        }
        told("apply", "-f", "-", stdin=json.dumps(service))
    until(lambda: phase("frontend") == "Running", "the pod behind the NodePorts runs")


def test_node_ports_of_the_application_are_reached_from_edge_and_operator_only(
    served: None, lab: Lab, docker: Machine, worker: Machine, control: Machine
) -> None:
    for node in (worker, control):
        knock = f"curl -s -o /dev/null http://{node.address}:"
        until(partial(answers, node, NODE_PORT), f"{node.name} serves the NodePort")
        docker.ssh(f"{knock}{NODE_PORT}/ --max-time 30")
        assert docker.ssh(f"{knock}{CLOSED_NODE_PORT}/ --max-time 3 && echo open || :") == ""
        assert not answers(node, CLOSED_NODE_PORT)
    with from_elsewhere(lab, worker):
        assert not answers(worker, NODE_PORT)
    # The way from there is open: nothing but the fence keeps anybody out.
    worker.ssh(f"sudo iptables -t mangle -I NODE-FIREWALL -s {ELSEWHERE} -j RETURN")
    with from_elsewhere(lab, worker):
        assert answers(worker, NODE_PORT)
    repaired = "K8s node | Let NodePorts, pods and Services obey the firewall"
    assert list(converge("--limit", "vm-worker")) == [repaired]
