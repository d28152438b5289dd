"""The power goes in the middle of something: all is back without a hand, nothing acknowledged lost.

All machines at once, in `make test`; each alone and in three orders, many times, in the middle of a
pipeline, a migration, a run and a renewal of certificates, in `make soak`.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import Generic, TypeVar

import pytest
from gitlab.v4.objects import Project

from lab import Lab, machines
from lab.machines import Machine
from lab.shell import CommandFailed
from tests.lab import registry, shop
from tests.lab.application.test_push import ended, push
from tests.lab.cluster import kubectl, until
from tests.lab.deploying import converge, deploy, planned, start

ALL = ("vm-docker", "vm-k8s", "vm-worker")
ORDERS = (ALL, ALL[::-1], ("vm-worker", "vm-docker", "vm-k8s"))
CUTS: dict[str, Sequence[Sequence[str]]] = {**{name: [[name]] for name in ALL}, "all": ORDERS}
T = TypeVar("T")
chance = random.Random(20261129)
of_soak = pytest.mark.soak(reason="many power cuts")


class Writer(Thread, Generic[T]):
    """Writes one after the other, and keeps what each was acknowledged with."""

    def __init__(self, write: Callable[[int], T | None]) -> None:
        super().__init__(daemon=True)
        self.write = write
        self.stopped = Event()
        self.acknowledged: list[T] = []

    def run(self) -> None:
        number = 0
        while not self.stopped.is_set():
            if (answer := self.write(number)) is not None:
                self.acknowledged.append(answer)
            number += 1


def row(number: int) -> int | None:
    """One of the shop's database; None of one that was not acknowledged."""
    try:
        done = kubectl(*shop.as_root(f"INSERT INTO written VALUES ({number})"))
    except subprocess.TimeoutExpired:  # its machine went without a word
        return None
    return number if done.returncode == 0 else None


def image(docker: Machine, number: int) -> str | None:
    """The digest of one that was pushed; None of one that was not acknowledged."""
    try:
        return registry.push(docker, f"written:{number}", megabytes=2)
    except (CommandFailed, IndexError):  # its machine is off
        time.sleep(1)
        return None


@contextmanager
def written(docker: Machine) -> Iterator[tuple[Writer[int], Writer[str]]]:
    """Rows and images, all the time."""
    shop.sql("CREATE TABLE IF NOT EXISTS written (number INT PRIMARY KEY); DELETE FROM written")
    rows, images = Writer(row), Writer(partial(image, docker))
    try:
        for writer in (rows, images):
            writer.start()
        until(lambda: all((rows.acknowledged, images.acknowledged)), "one of each is there")
        yield rows, images
    finally:
        for writer in (rows, images):
            writer.stopped.set()
        for writer in (rows, images):
            writer.join(180)
    shop.sql("DROP TABLE written")


def cut(lab: Lab, order: Sequence[str]) -> float:
    """Take the power of these at once, and give it back in this order; when that began."""
    time.sleep(chance.uniform(0, 3))
    machines.at_once(Machine.cut, machines.of(lab, order))
    began = time.monotonic()
    for machine in machines.of(lab, order):
        machine.power_on()
    return began


def loses_nothing(lab: Lab, docker: Machine, order: Sequence[str]) -> None:
    with written(docker) as (rows, images):
        shop.back(cut(lab, order), f"power cut of {', '.join(order)}")
        numbers, digests = set(rows.acknowledged), [*images.acknowledged]
        print(f"{len(numbers)} rows and {len(digests)} images")
        assert numbers <= set(map(int, shop.sql("SELECT number FROM written").split()))
        # The last ones before the cut are those that may be lost.
        for digest in digests[-5:]:
            assert digest in registry.pull(docker, f"written@{digest}")


def test_the_shop_is_back_after_a_power_cut_and_nothing_acknowledged_is_lost(
    lab: Lab, docker: Machine
) -> None:
    before = shop.products(docker, "laravel")
    loses_nothing(lab, docker, ALL)
    assert shop.products(docker, "laravel") == before


@of_soak
@pytest.mark.parametrize("orders", CUTS.values(), ids=CUTS)
def test_one_or_all_lose_their_power_again_and_again(
    lab: Lab, docker: Machine, orders: Sequence[Sequence[str]], rounds: int
) -> None:
    for number in range(rounds // 3):
        loses_nothing(lab, docker, orders[number % len(orders)])


@of_soak
@pytest.mark.parametrize("name", ALL)
def test_in_the_middle_of_a_pipeline(
    lab: Lab, docker: Machine, project: Project, name: str
) -> None:
    title = "sed -i 's/<title>.*</<title>Cut {}</' frontend/index.html"
    push(docker, title.format(name))
    time.sleep(chance.uniform(1, 40))
    shop.back(cut(lab, [name]), f"power cut of {name} in a pipeline")
    # What became of that one is for its developer to see; the next one goes through.
    tag = push(docker, title.format(f"{name}, and back"))
    assert ended(project, tag).status == "success"
    assert shop.runs() == shop.images(tag)


@of_soak
@pytest.mark.parametrize("name", ALL)
def test_in_the_middle_of_a_migration(lab: Lab, docker: Machine, name: str) -> None:
    before = shop.products(docker, "laravel")
    migrating = start("-y", script="operate/migrate.py")
    time.sleep(chance.uniform(2, 12))
    shop.back(cut(lab, [name]), f"power cut of {name} in a migration")
    migrating.wait(120)
    assert deploy("-y", script="operate/migrate.py").status == 0
    assert shop.products(docker, "laravel") == before


def _of_a_run(machine: Machine) -> None:
    """What the next run has to do there, which it is cut off from."""
    machine.ssh("sudo rm -f /etc/sysctl.d/zz-threebody-common.conf /etc/crictl.yaml")
    machine.ssh("sudo ufw --force reset >/dev/null; sudo ufw --force disable", check=False)


@of_soak
@pytest.mark.parametrize("name", ALL)
def test_in_the_middle_of_a_run(lab: Lab, name: str) -> None:
    (machine,) = machines.of(lab, [name])
    _of_a_run(machine)
    running = start("-y")
    time.sleep(chance.uniform(4, 15))
    began = cut(lab, [name])
    running.wait(300)
    converge()
    shop.back(began, f"power cut of {name} in a run, and the run after it")


@of_soak
def test_in_the_middle_of_a_renewal_of_certificates(lab: Lab, control: Machine) -> None:
    ends = "sudo openssl x509 -noout -enddate -in /etc/kubernetes/pki/apiserver.crt"
    before = control.ssh(ends)
    renewing = subprocess.Popen(control.ssh_command("sudo renew-certificates 3650"))
    until(lambda: control.ssh(ends) != before, "the first ones are new")
    began = cut(lab, [control.name])
    renewing.wait(60)
    shop.back(began, "power cut of vm-k8s in a renewal")
    control.ssh("sudo renew-certificates 30")
    assert control.ssh("sudo ls /etc/kubernetes").split().count("admin.conf.old") == 0
    assert planned() == {}
