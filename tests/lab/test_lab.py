"""The lab itself: no way out, verbs that may be interrupted, and a second lab beside the first."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import CHECKOUT, Lab, cgroups, disk, machines, network, pool, states
from lab.machines import Machine
from lab.mirror import door
from tests.lab.labs import kill, verb


def test_nothing_went_out_but_to_debians_archives(lab: Lab) -> None:
    assert door.hosts_asked(lab) <= {archive.host for archive in door.archives()}


def test_the_network_has_no_way_out(lab: Lab) -> None:
    def ip(*words: str) -> str:
        command = ("ip", "-netns", lab.netns, *words)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert ip("route", "show", "default") == ""
    links = {link["ifname"]: link.get("master") for link in json.loads(ip("-json", "link"))}
    assert links.pop("lo") is None
    assert links.pop(network.BRIDGE) is None
    assert list(links.values()) == [network.BRIDGE] * len(machines.ADDRESSES)


@pytest.mark.parametrize("address", ["1.1.1.1", "192.168.57.1"])
def test_a_machine_reaches_nothing_else(worker: Machine, address: str) -> None:
    ask = f"timeout 3 bash -c '</dev/tcp/{address}/80' 2>&1 && echo reached || echo no"
    assert worker.ssh(ask).splitlines()[-1] == "no"


def test_a_name_that_the_mirror_does_not_serve_is_unknown(worker: Machine) -> None:
    assert worker.ssh("getent hosts example.org || echo unknown").strip() == "unknown"


@pytest.fixture(scope="module")
def second(lab: Lab) -> Iterator[Lab]:
    """Another lab of this checkout, removed again."""
    other = Lab(f"{lab.name[:10]}-2")
    try:
        yield other
    finally:
        assert verb(other, "clean").returncode == 0


def boots(lab: Lab) -> list[str]:
    read = "cat /proc/sys/kernel/random/boot_id"
    return [machine.ssh(read) for machine in machines.of(lab)]


def test_up_goes_on_after_it_was_killed(second: Lab, rounds: int) -> None:
    chance = random.Random(20261124)
    for _ in range(rounds):
        kill(second, chance.uniform(0.5, 6), "up")
    done = verb(second, "up")
    assert done.returncode == 0, done.stderr
    assert len(set(boots(second))) == len(machines.ADDRESSES)


def test_a_second_lab_stands_beside_the_first(lab: Lab, second: Lab) -> None:
    first = boots(lab)
    assert set(boots(second)).isdisjoint(first)
    machines.of(second, ["vm-worker"])[0].ssh("sudo touch /only-here")
    assert machines.of(lab, ["vm-worker"])[0].ssh("ls /").find("only-here") == -1
    assert verb(second, "reboot", "vm-worker").returncode == 0
    assert boots(lab) == first


@pytest.fixture(scope="module")
def state(second: Lab) -> Iterator[str]:
    """A state of the second lab, in which /kept is on every machine."""
    name = f"of-{second.name}"
    machines.at_once(lambda machine: machine.ssh("sudo touch /kept"), machines.of(second))
    before = boots(second)
    done = verb(second, "save", name)
    assert done.returncode == 0, done.stderr
    assert boots(second) == before
    try:
        yield name
    finally:
        states.forget(name)


def spoil(lab: Lab) -> None:
    """Take away what the state has, and write what it has not."""
    spoiling = "sudo sh -c 'rm /kept; touch /spoilt; sync'"
    machines.at_once(lambda machine: machine.ssh(spoiling), machines.of(lab))


def marks(machine: Machine) -> list[str]:
    return machine.ssh("cd / && ls -d kept spoilt 2>/dev/null || :").split()


def test_one_machine_is_put_back_to_a_saved_state(second: Lab, state: str) -> None:
    spoil(second)
    docker, *others = machines.of(second)
    before = boots(second)
    states.back(second, state, [docker.name])
    assert marks(docker) == ["kept"]
    assert [marks(machine) for machine in others] == [["spoilt"]] * len(others)
    assert boots(second)[1:] == before[1:]


def test_a_lab_is_put_back_also_after_that_was_killed(
    lab: Lab, second: Lab, state: str, rounds: int
) -> None:
    first = boots(lab)
    secrets = second.secrets.read_text()
    second.secrets.write_text("")
    chance = random.Random(20261128)
    for _ in range(rounds):
        kill(second, chance.uniform(0.5, 6), "back", state)
    done = verb(second, "back", state)
    assert done.returncode == 0, done.stderr
    assert [marks(machine) for machine in machines.of(second)] == [["kept"]] * 3
    assert second.secrets.read_text() == secrets
    assert boots(lab) == first


def test_a_save_that_was_killed_leaves_machines_that_go_on(
    second: Lab, state: str, rounds: int
) -> None:
    chance = random.Random(20261129)
    for _ in range(rounds):
        kill(second, chance.uniform(0.5, 3), "save", state)
        machines.at_once(lambda machine: machine.ssh("sudo touch /kept; sync"), machines.of(second))
    assert verb(second, "save", state).returncode == 0


def test_a_machine_that_a_killed_save_left_frozen_is_thawed(second: Lab) -> None:
    for action in (Machine.power_on, Machine.cut):
        worker = machines.of(second, ["vm-worker"])[0]
        worker.power_on()
        subprocess.run(["fsfreeze", "--freeze", worker.root.resolve()], check=True)
        action(worker)
    worker.power_on()
    worker.ssh("sudo touch /kept; sync")


def test_a_disk_is_written_out_before_it_is_copied_whoever_else_has_it_mounted(lab: Lab) -> None:
    with pool.used():
        folder = pool.of(lab) / "whole"
        image, copy = folder / "image", folder / "copy"
        folder.mkdir()
        disk.format_image(image)
        with disk.mounted(image, folder / "tree") as tree:
            (tree / "file").write_text("content")
            # A build of the mirror's has such mounts while it lasts.
            elsewhere = ("unshare", "--mount", "--propagation", "private", "sh", "-c")
            holder = subprocess.Popen(
                pool.outside_words(*elsewhere, "echo; exec sleep 60"), stdout=subprocess.PIPE
            )
            assert holder.stdout and holder.stdout.readline()
        try:
            pool.copy(image, copy)
            with disk.mounted(copy, folder / "tree") as tree:
                assert (tree / "file").read_text() == "content"
        finally:
            holder.kill()
            holder.wait()
            shutil.rmtree(folder)


def test_a_power_cut_loses_what_was_not_synced_and_nothing_else(second: Lab) -> None:
    worker = machines.of(second, ["vm-worker"])[0]
    # In place: a file that grows would have its new length by what others sync.
    write = "printf new | dd of=/{} conv=notrunc{} status=none"
    worker.ssh("sudo sh -c 'echo old >/synced; echo old >/unsynced; sync'")
    worker.ssh(f"sudo sh -c '{write.format('synced', ',fsync')}'")
    worker.ssh(f"sudo sh -c '{write.format('unsynced', '')}'")
    assert worker.ssh("cat /synced /unsynced").split() == ["new", "new"]
    worker.cut()
    worker.power_on()
    assert worker.ssh("cat /synced /unsynced").split() == ["new", "old"]


def test_who_goes_down_orderly_loses_nothing(second: Lab) -> None:
    worker = machines.of(second, ["vm-worker"])[0]
    for name, down in {"rebooted": Machine.reboot, "off": Machine.power_off}.items():
        worker.ssh(f"sudo sh -c 'echo written >/{name}'")
        down(worker)
        worker.power_on()
        worker.cut()
        worker.power_on()
        assert worker.ssh(f"cat /{name}").strip() == "written"


def test_a_state_that_is_not_there_is_refused_with_those_that_are(second: Lab, state: str) -> None:
    before = boots(second)
    done = verb(second, "back", "no-such-state")
    assert done.returncode != 0
    assert "no state named 'no-such-state'; there are: " in done.stderr
    assert state in done.stderr
    assert "Traceback" not in done.stderr
    assert boots(second) == before


def test_down_and_up_again_keep_what_machines_hold(lab: Lab, second: Lab) -> None:
    first = boots(lab)
    for _ in range(2):
        done = verb(second, "down")
        assert done.returncode == 0, done.stderr
    assert not network.path(second).exists()
    assert cgroups.processes(second.netns) == set()
    assert verb(second, "up").returncode == 0
    assert "only-here" in machines.of(second, ["vm-worker"])[0].ssh("ls /")
    assert boots(lab) == first


def test_clean_leaves_nothing_and_may_be_said_twice(second: Lab) -> None:
    for _ in range(2):
        done = verb(second, "clean")
        assert done.returncode == 0, done.stderr
    assert not second.state.exists()
    assert not network.path(second).exists()
    assert cgroups.processes(second.netns) == set()
    assert f"/labs/{second.name}/" not in Path("/proc/self/mountinfo").read_text()
    assert not pool.of(second).exists()
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert f".lab/{second.name}/" not in left


def test_a_verb_that_needs_machines_says_that_they_are_down(second: Lab) -> None:
    done = verb(second, "status")
    assert done.returncode != 0
    assert f"the lab '{second.name}' is not up; start it with the verb 'up'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_cannot_be_is_refused() -> None:
    command = [sys.executable, "-m", "lab", "--name", "No_Name", "up"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, env=os.environ)
    assert done.returncode != 0
    assert "'No_Name'" in done.stderr
    assert "Traceback" not in done.stderr
