"""After machines were restarted, in any order, the shop is back without a hand."""

from __future__ import annotations

import time

import pytest

from lab import Lab, machines
from tests.lab import shop

# The runbook's: the registry first, for it is what nodes pull from.
ORDER = ("vm-docker", "vm-k8s", "vm-worker")
ORDERS = {"in the runbook's order": ORDER, "in the reverse order": ORDER[::-1]}


@pytest.mark.soak(reason="all lose their power at once in every run")
@pytest.mark.parametrize("order", ORDERS)
def test_the_shop_is_back_after_each_machine_was_rebooted(lab: Lab, order: str) -> None:
    began = time.monotonic()
    for machine in machines.of(lab, ORDERS[order]):
        machine.reboot()
    shop.back(began, f"reboots {order}, from the first one")
