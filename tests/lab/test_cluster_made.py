"""A cluster in its making: its port taken, with the other pod network, killed at any moment."""

from __future__ import annotations

import random

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab import doors
from tests.lab.cluster import CNI, READY, ready, told
from tests.lab.deploying import deploy, kill_after, limited_to

pytestmark = pytest.mark.usefixtures("converged")

# What kubeadm and the pod network leave; their firewall rules and links end with the boot.
FORGET = "kubeadm reset --force >/dev/null 2>&1; rm -rf /etc/cni/net.d/* /etc/kubernetes/unfinished"


@pytest.fixture
def no_cluster(lab: Lab) -> None:
    """Two nodes that were never any."""

    def forget(machine: Machine) -> None:
        machine.ssh(f"sudo sh -c '{FORGET}'")
        machine.reboot()

    machines.at_once(forget, machines.of(lab, ["vm-k8s", "vm-worker"]))


# Flannel works everywhere; the usual one comes last, and is what other tests find.
PODS = {"flannel": "kube-flannel-ds", "calico": "calico-node"}


@pytest.mark.usefixtures("no_cluster")
@pytest.mark.parametrize("cni", dict.fromkeys(("flannel", CNI)))
@pytest.mark.soak(reason="a first run is killed in every run")
def test_killed_while_the_cluster_is_made_a_run_to_the_end_makes_it_with_either_pod_network(
    control: Machine, rounds: int, cni: str
) -> None:
    network = ("--data", f"cni={cni}")
    with limited_to("k8s_node"):
        with doors.held(control, 6443):
            run = deploy("-y", *network)
        assert run.status != 0
        assert "port 6443 (the Kubernetes API) is held by perl, pid " in run.said

        chance = random.Random(20261126)
        for _ in range(rounds):
            kill_after(chance.uniform(4, 40), *network)
    run = deploy("-y", *network)  # ends when the gates are open: names, pods, the node network
    assert run.status == 0, run.reason
    assert ready() == READY
    assert PODS[cni] in told("get", "daemonsets", "-A")
    again = deploy("-y", "--json", *network)
    assert again.changes == {}
