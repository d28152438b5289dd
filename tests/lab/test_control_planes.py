"""Three control planes: one dies, is replaced, and the API is asked all the time.

A part of `make soak`, on a lab that has three: `CONTROL=3 make test
ARGS=tests/lab/test_control_planes.py`.
"""

from __future__ import annotations

import os
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from threading import Event, Thread

import pytest

from lab import Lab, machines, network
from lab.machines import MORE_CONTROL, VIRTUAL, Machine
from lab.shell import run
from tests.lab.cluster import ready, until
from tests.lab.deploying import another_inventory, await_shut, converge, deploy, gates

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("CONTROL") != "3", reason="this lab has one control plane: make soak"
    ),
    pytest.mark.usefixtures("deployed"),
]
NAMES = ("vm-k8s", *MORE_CONTROL)
BACK_WITHIN = 30  # seconds that nobody may answer at the virtual address
MEMBERS = f"etcd has {', '.join(NAMES)}, and a leader"
HELD = f"exactly one machine has {VIRTUAL}"


@pytest.fixture(scope="module")
def deployed(lab: Lab) -> Iterator[None]:
    with another_inventory("lab/inventory.py"):
        converge()
        yield


def each(lab: Lab) -> list[Machine]:
    return machines.of(lab, NAMES)


def holder(lab: Lab) -> Machine:
    """The machine that has the virtual address."""
    (one,) = (it for it in each(lab) if it.ssh(f"ip -o -4 addr show to {VIRTUAL}"))
    return one


def answers() -> bool:
    """Whether the API answers at the virtual address."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError):
        url = f"https://{VIRTUAL}:8443/readyz"
        return bool(urllib.request.urlopen(url, timeout=2, context=context).status == 200)
    return False


@contextmanager
def asking() -> Iterator[list[float]]:
    """Ask the API all the time; when it answered is in the list at the end."""
    times, ended = [time.monotonic()], Event()

    def ask() -> None:
        while not ended.wait(0.3):
            if answers():
                times.append(time.monotonic())

    client = Thread(target=ask)
    client.start()
    try:
        yield times
    finally:
        ended.set()
        client.join()


def well() -> bool:
    return ready() == dict.fromkeys((*NAMES, "vm-worker"), (True, ready()["vm-worker"][1]))


def test_a_second_run_changes_nothing_and_every_gate_is_open() -> None:
    assert converge() == {}
    await_shut()


def test_the_one_that_has_the_address_dies_and_the_api_is_back_in_time(lab: Lab) -> None:
    first = holder(lab)
    with asking() as times:
        first.cut()
        until(lambda: holder_of_two(lab, first), "another one has the address", BACK_WITHIN)
        time.sleep(5)
    longest = max(after - before for before, after in pairwise(times))
    print(f"the API did not answer for {longest:.1f} s")
    assert longest < BACK_WITHIN
    refused = deploy("-y")
    assert refused.status != 0
    assert f"{first.name}: admin@{first.address} does not answer on SSH" in refused.said
    shut = gates()
    assert not any(shut[it.name, MEMBERS] for it in each(lab) if it != first)
    first.power_on()
    until(lambda: all(gates().get((name, MEMBERS)) for name in NAMES), "etcd's members")
    until(well, "every node is Ready")
    assert converge() == {}


def holder_of_two(lab: Lab, gone: Machine) -> bool:
    show = f"ip -o -4 addr show to {VIRTUAL}"
    return any(it.ssh(show) for it in each(lab) if it != gone)


def test_one_that_is_gone_for_good_is_replaced_by_a_bare_machine(lab: Lab) -> None:
    gone = machines.of(lab, ["vm-k8s"])[0]
    gone.cut()
    until(lambda: not ready()["vm-k8s"][0], "its node is missed")
    limit = ("--limit", "k8s_control", "--limit", "docker_host")
    env = {"NODE": "vm-k8s", "GONE": "1"}
    removed = deploy("-y", *limit, script="operate/remove_node.py", env=env)
    assert removed.status == 0, removed.reason
    assert set(ready()) == {*MORE_CONTROL, "vm-worker"}
    gone.scrap()
    machines.prepare(lab)
    gone.power_on()
    converge()
    until(well, "every node is Ready")
    # It is asked where it was asked meanwhile.
    assert converge() == {}
    await_shut()


def test_an_address_that_nobody_has_shuts_its_gate_and_one_of_a_stranger_is_refused(
    lab: Lab,
) -> None:
    for machine in each(lab):
        machine.ssh("sudo systemctl stop keepalived")
    assert not any(gates()[name, HELD] for name in NAMES)
    address = ("address", "add", f"{VIRTUAL}/24", "dev", network.BRIDGE)
    run("ip", "-n", lab.netns, *address)
    try:
        refused = deploy("-y")
    finally:
        run("ip", "-n", lab.netns, "address", "del", *address[2:])
    assert refused.status != 0
    reason = f"control_plane_address = {VIRTUAL}: somebody else answers there, with the card"
    assert f"{reason} {network.BRIDGE_MAC}" in refused.said
    assert "K8s node | Hold the virtual address" in converge()
    await_shut()
