"""Saved states of a lab, as far as they need no machine: names, room, what is copied and how."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import Lab, disk, machines, pool, states
from lab.shell import CommandFailed

MACHINES = ("vm-docker", "vm-k8s", "vm-worker")


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pool that is an ordinary folder, and a lab's state beside it."""

    @contextmanager
    def used() -> Iterator[None]:
        yield

    monkeypatch.setattr(pool, "used", used)
    monkeypatch.setattr(pool, "path", lambda: tmp_path / "disks")
    monkeypatch.setattr("lab.CHECKOUT", tmp_path)


@pytest.fixture
def saved() -> Path:
    """A state that is there."""
    state = pool.states() / "deployed"
    for name in MACHINES:
        (state / "disks" / name).mkdir(parents=True)
    (state / "secrets.env").write_text("its own\n")
    return state


@pytest.mark.parametrize("name", ["", "~old", "a/b", "Deployed", ".hidden", "x" * 41])
def test_a_name_that_cannot_be_a_states_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a state's name is 1 to 40 of"):
        states.save(Lab("any"), name)


def test_a_lab_without_disks_is_not_saved() -> None:
    with pytest.raises(CommandFailed, match="vm-docker, vm-k8s, vm-worker: no disk to save"):
        states.save(Lab("any"), "deployed")
    assert states.known() == []


def test_an_unknown_state_is_refused_with_the_known_ones(saved: Path) -> None:
    (pool.states() / "~unfinished").mkdir()
    with pytest.raises(ValueError, match=r"^no state named 'nope'; there are: deployed$"):
        states.put(Lab("any"), "nope")
    with pytest.raises(ValueError, match="no state named '~unfinished'"):
        states.put(Lab("any"), "~unfinished")
    assert states.exists("deployed")
    states.forget("deployed")
    with pytest.raises(ValueError, match="there are: none"):
        states.put(Lab("any"), "deployed")


def test_a_machine_that_a_state_has_not_is_named(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERS", "3")
    with pytest.raises(ValueError, match="'deployed' has no vm-worker-2, vm-worker-3"):
        states.put(Lab("any"), "deployed")


def test_a_lab_has_three_control_planes_or_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTROL", "3")
    assert [name for name in machines.addresses() if name.startswith("vm-k8s")] == [
        *("vm-k8s", "vm-k8s-2", "vm-k8s-3")
    ]
    monkeypatch.setenv("CONTROL", "2")
    with pytest.raises(ValueError, match="CONTROL=2: a control plane is of 1 machine, or of 3"):
        machines.addresses()


def test_one_machine_is_not_put_beside_others_of_other_secrets(saved: Path) -> None:
    with pytest.raises(ValueError, match="this lab's secrets are not those of the state"):
        states.put(Lab("any"), "deployed", ["vm-docker"])


def test_no_room_is_said_before_anything_is_copied(
    monkeypatch: pytest.MonkeyPatch, saved: Path
) -> None:
    usage = shutil.disk_usage("/")._replace(free=2 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CommandFailed, match=r"^2 GiB free under .*, at least 5 are needed"):
        states.put(Lab("any"), "deployed")


def test_a_disk_of_an_older_lab_is_not_hidden_by_a_new_one(tmp_path: Path) -> None:
    lab = Lab("any")
    (disk.root(lab, "vm-k8s") / "etc").mkdir(parents=True)
    assert not disk.is_made(lab, "vm-k8s")
    with pytest.raises(CommandFailed, match="python -m lab --name any clean"):
        disk.put(lab, "vm-k8s", tmp_path / "image")


TOOLS = {
    "sync": "",
    "fsfreeze": "",
    "cp": 'case "$2" in */$FAILS/*) echo no room >&2; exit 1;; esac',
}


@pytest.mark.parametrize("fails", ["none", "vm-k8s"])
def test_what_was_frozen_goes_on_also_when_a_copy_fails(tmp_path: Path, fails: str) -> None:
    trace = tmp_path / "trace"
    for name, body in TOOLS.items():
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/bin/sh\necho {name} "$@" >>{trace}\n{body}\n')
        tool.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", states.COPY_FROZEN, "save", "/to", "/of/vm-docker", "/of/vm-k8s"],
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "FAILS": fails},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == ((0, "") if fails == "none" else (1, "no room\n"))
    assert trace.read_text().splitlines() == [
        "sync --file-system /of/vm-docker/root",
        "sync --file-system /of/vm-k8s/root",
        "fsfreeze --freeze /of/vm-docker/root",
        "fsfreeze --freeze /of/vm-k8s/root",
        "cp --reflink=always /of/vm-docker/disk /to/vm-docker",
        "cp --reflink=always /of/vm-k8s/disk /to/vm-k8s",
        "fsfreeze --unfreeze /of/vm-docker/root",
        "fsfreeze --unfreeze /of/vm-k8s/root",
    ]


@pytest.mark.parametrize("runs", [False, True])
def test_what_a_killed_lab_left_mounted_goes_with_its_checkout_unless_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    owner = pool.path() / "of-a-checkout-that-is-gone"
    disks = [owner / "labs/ci" / name / "root" for name in MACHINES]
    for folder in disks:
        folder.mkdir(parents=True)
    (owner / "checkout").write_text(str(tmp_path / "gone"))
    mounted, attached = [*map(str, disks)], ["/dev/loop7"]

    def outside(command: str, *words: str | Path, ok: tuple[int, ...] = (0,)) -> str:
        if command == "umount":
            mounted.remove(str(words[-1]))
            attached[:] = attached if runs or mounted else []
        return ""

    monkeypatch.setattr(pool, "outside", outside)
    monkeypatch.setattr(pool, "_mounts", lambda _: [*mounted])
    monkeypatch.setattr(pool, "_devices_of_images", lambda _: [*attached])
    pool._forget_checkouts()
    assert (owner.exists(), mounted) == (runs, [])
