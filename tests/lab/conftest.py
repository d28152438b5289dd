"""The lab that these tests own, and its machines."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab import USUAL, Lab, machines
from lab.doubles.gitlab.store import Store
from lab.machines import Machine
from lab.mirror import gitlab as mirrored_gitlab
from tests.fleet import Fleet
from tests.lab import cluster, deployed, deploying
from tests.suites import FEW, MANY, Deployed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What passing tests printed, a time or where a screenshot is, which pytest keeps to itself."""
    passed = (one for one in terminalreporter.stats.get("passed", []) if one.capstdout)
    if output := [
        f"{one.location[2]}: {line}" for one in passed for line in one.capstdout.split("\n")[:-1]
    ]:
        terminalreporter.section("measured and kept")
        for line in output:
            terminalreporter.line(line)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a test that is marked `soak` to `make soak`, which has no 90 minutes to keep to."""
    marker = item.get_closest_marker("soak")
    if marker and _rounds() < MANY:
        pytest.skip(f"make soak: {marker.kwargs['reason']}")


def _rounds() -> int:
    return int(os.environ.get("ROUNDS", FEW))


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The lab that the runner has started and named; nobody else's machines are ever broken."""
    name = os.environ.get("LAB")
    if not name or name == USUAL:
        pytest.skip("tests/lab breaks machines: run them by `make test`, on a lab of their own")
    return Lab(name)


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often a test that works by chance tries its luck: once, and 30 times in `make soak`."""
    return _rounds()


@pytest.fixture(scope="session")
def docker(lab: Lab) -> Machine:
    return machines.of(lab, ["vm-docker"])[0]


@pytest.fixture(scope="session")
def control(lab: Lab) -> Machine:
    return machines.of(lab, ["vm-k8s"])[0]


@pytest.fixture(scope="session")
def worker(lab: Lab) -> Machine:
    return machines.of(lab, ["vm-worker"])[0]


@pytest.fixture(scope="session")
def gitlab(lab: Lab) -> Store:
    """What the lab's GitLab remembers: queue jobs there, read how they went."""
    return mirrored_gitlab.store(lab)


@pytest.fixture(scope="session")
def converged(lab: Lab) -> None:
    """A lab on which the deploy has run to its end; the tests that ask for it keep it that way."""
    deployed.bring(lab, Deployed.ALL)


@pytest.fixture(scope="session")
def fleet(converged: None, fleet: Fleet) -> Fleet:
    """With the secrets of what was deployed."""
    return fleet


@pytest.fixture(scope="session")
def docker_deployed(lab: Lab) -> None:
    """A vm-docker on which the deploy has run to its end, whatever the nodes are."""
    deployed.bring(lab, Deployed.DOCKER)


@pytest.fixture(scope="module")
def docker_only(docker_deployed: None) -> Iterator[None]:
    """Runs of a module that is about vm-docker ask for no cluster, which is faster."""
    with deploying.limited_to("vm-docker"):
        yield


@pytest.fixture
def nodes_only(converged: None) -> Iterator[None]:
    """Runs of a test that is about the nodes leave vm-docker alone, which is faster."""
    with deploying.limited_to("k8s_node"):
        yield


@pytest.fixture
def pods(converged: None) -> Iterator[None]:
    """Whatever runs in the application's namespace meanwhile is gone afterwards."""
    yield
    cluster.told("-n", cluster.NAMESPACE, "delete", "pods,services", "--all", "--wait=true")
