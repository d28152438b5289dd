"""After a reboot of one machine or a restart of Docker everything is back without help.

All of them, in any order or at once, with the shop: application/test_restart.py.
"""

from __future__ import annotations

import time

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab.deploying import limited_to, planned, shut_gates
from tests.lab.soaked import cases

pytestmark = pytest.mark.usefixtures("converged")

BACK_WITHIN = 180  # seconds


def _is_back(machine: Machine, since: float, what: str) -> None:
    """Wait until its gates are open, then until a run would change nothing and wait for nothing."""
    with limited_to(machine.name):
        while shut := shut_gates():
            assert time.monotonic() - since < BACK_WITHIN, shut
            time.sleep(1)
    while plan := planned():
        assert time.monotonic() - since < BACK_WITHIN, plan
    print(f"{what}: every gate open {time.monotonic() - since:.0f} s later")


@pytest.mark.soak(reason="it loses its power in every run")
def test_the_docker_host_comes_back_from_a_reboot(docker: Machine) -> None:
    began = time.monotonic()
    docker.reboot()
    _is_back(docker, began, "reboot of vm-docker")


@pytest.mark.parametrize(
    "name", cases(["vm-k8s", "vm-worker"], {"vm-k8s"}, "a worker is rebooted in every run")
)
def test_a_node_comes_back_from_a_reboot_with_the_names_it_had(lab: Lab, name: str) -> None:
    (machine,) = machines.of(lab, [name])
    began = time.monotonic()
    machine.reboot()
    _is_back(machine, began, f"reboot of {name}")
    # What cloud-init asserts anew at each boot is not what a run has made.
    assert machine.ssh("cloud-init status --wait", check=False).strip().endswith("done")
    assert "192.168.56.43 vm-k8s" in machine.ssh("cat /etc/hosts")
    assert machine.ssh("hostname").strip() == name


def test_containers_outlive_a_restart_of_docker(docker: Machine) -> None:
    before = docker.ssh("sudo docker inspect --format '{{.State.StartedAt}}' edge-nginx")
    began = time.monotonic()
    docker.ssh("sudo systemctl reset-failed docker; sudo systemctl restart docker")
    after = docker.ssh("sudo docker inspect --format '{{.State.StartedAt}}' edge-nginx")
    assert after == before
    _is_back(docker, began, "restart of Docker")  # Harbor starts its containers again
