"""One run of a live test for each machine of the inventory, or of a group of it."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from spec import Machine
from tests.fleet import Fleet


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `machine` runs on each one."""
    if "machine" in metafunc.fixturenames:
        inventory = metafunc.config.getoption("--inventory")
        if inventory is None:
            metafunc.parametrize("machine", [pytest.param(None, marks=pytest.mark.skip)])
            return
        fleet = Fleet.read(inventory, tuple(metafunc.config.getoption("--group-data")))
        machines = fleet.platform.machines
        metafunc.parametrize("machine", machines, ids=[machine.name for machine in machines])


@pytest.fixture
def host(fleet: Fleet, machine: Machine) -> Host:
    return fleet.host(machine)


@pytest.fixture
def docker_host(fleet: Fleet) -> Host:
    return fleet.host(fleet.platform.members("docker_host")[0])
