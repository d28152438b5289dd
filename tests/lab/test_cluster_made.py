"""A cluster in its making: its port taken, with the other pod network, killed at any moment."""

from __future__ import annotations

import random

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab import doors
from tests.lab.cluster import READY, ready, told
from tests.lab.deploying import converge, deploy, kill_after, limited_to, shut_gates

pytestmark = pytest.mark.usefixtures("converged")

# What kubeadm and the pod network leave; their firewall rules and links end with the boot.
FORGET = "kubeadm reset --force >/dev/null 2>&1; rm -rf /etc/cni/net.d/* /etc/kubernetes/begun"


@pytest.fixture
def no_cluster(lab: Lab) -> None:
    """Two nodes that were never any."""

    def forget(machine: Machine) -> None:
        machine.ssh(f"sudo sh -c '{FORGET}'")
        machine.reboot()

    machines.at_once(forget, machines.of(lab, ["vm-k8s", "vm-worker"]))


@pytest.mark.usefixtures("no_cluster")
def test_an_api_port_that_something_else_holds_is_named_and_flannel_works_as_well(
    lab: Lab, control: Machine
) -> None:
    flannel = ("--data", "cni=flannel", "--limit", "k8s_node")
    with doors.held(control, 6443):
        run = deploy("-y", *flannel)
    assert run.status != 0
    assert 'port 6443 (the Kubernetes API) is held by "perl",pid=' in run.said

    run = deploy("-y", *flannel)  # ends when the gates are open: names, pods, the node network
    assert run.status == 0, run.said[-3000:]
    assert ready() == READY
    assert "kube-flannel-ds" in told("get", "daemonsets", "-A")
    again = deploy("-y", "--json", *flannel)
    assert again.changes == {}


@pytest.mark.usefixtures("no_cluster")
def test_killed_while_the_cluster_is_made_a_run_to_the_end_makes_the_usual_one(rounds: int) -> None:
    chance = random.Random(20261126)
    with limited_to("k8s_node"):
        for _ in range(rounds):
            kill_after(chance.uniform(4, 40))
    converge()
    assert ready() == READY
    assert shut_gates() == set()
    assert converge() == {}
