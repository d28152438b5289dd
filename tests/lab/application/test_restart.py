"""After machines were restarted, in any order, the shop is back without a hand."""

from __future__ import annotations

import time

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab import shop
from tests.lab.deploying import planned

BACK_WITHIN = 240  # seconds
# The runbook's: the registry first, for it is what nodes pull from.
ORDER = ("vm-docker", "vm-k8s", "vm-worker")
ORDERS = {"in the runbook's order": ORDER, "in the reverse order": ORDER[::-1]}


def back(since: float, what: str) -> None:
    """Wait until all that people use answers, and a run would change and wait for nothing."""
    while (failed := shop.smoke()[1]) or (failed := sorted(planned())):
        assert time.monotonic() - since < BACK_WITHIN, failed
        time.sleep(1)
    print(f"{what}: everything answers {time.monotonic() - since:.0f} s later")


@pytest.mark.parametrize("order", ORDERS)
def test_the_shop_is_back_after_each_machine_was_rebooted(lab: Lab, order: str) -> None:
    began = time.monotonic()
    for machine in machines.of(lab, ORDERS[order]):
        machine.reboot()
    back(began, f"reboots {order}, from the first one")


def test_the_shop_is_back_after_a_power_cut(lab: Lab, docker: Machine) -> None:
    before = shop.products(docker, "laravel")
    began = time.monotonic()
    machines.at_once(Machine.cut, machines.of(lab))
    machines.at_once(Machine.power_on, machines.of(lab))
    back(began, "power cut of all machines")
    assert shop.products(docker, "laravel") == before
