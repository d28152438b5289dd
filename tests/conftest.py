"""Options that the suites on machines share."""

from __future__ import annotations

import pytest

from spec import Platform
from tests.fleet import Fleet


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inventory", default=None, help="the inventory of the machines to test")
    parser.addoption("--group-data", action="append", default=[], help="as pyinfra's")


@pytest.fixture(scope="session")
def fleet(request: pytest.FixtureRequest) -> Fleet:
    inventory = request.config.getoption("--inventory")
    if inventory is None:
        pytest.skip("no machines: give --inventory inventory.py")
    return Fleet.read(inventory, tuple(request.config.getoption("--group-data")))


@pytest.fixture(scope="session")
def platform(fleet: Fleet) -> Platform:
    return fleet.platform
