"""Keys of a checkout's labs: the same for all of them, whoever comes first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import Lab, keys


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")
@pytest.mark.parametrize(
    "made",
    [
        lambda lab: keys.host(lab, "vm-k8s").with_suffix(".pub").read_text(),
        lambda lab: keys.client(lab).read_text(),
        lambda lab: keys.gitlab_token(lab),
    ],
    ids=["host key", "client's key", "token"],
)
def test_two_labs_that_begin_at_once_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Lab], str]
) -> None:
    monkeypatch.setattr(Lab, "ssh", tmp_path / "state/ssh")
    # As many processes have it: each its own number.
    numbers = iter(range(1000, 2000))
    monkeypatch.setattr(os, "getpid", lambda: next(numbers))
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda number: made(Lab(f"lab{number}")), range(8)))
    assert len(found) == 1


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")
def test_a_lab_that_begins_leaves_what_another_one_knows_its_machines_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lab, "ssh", tmp_path / "state/ssh")
    shared = {"vm-docker": "192.168.56.42"}
    keys.known_hosts(Lab("wide"), shared | {"vm-worker-2": "192.168.56.45"})
    listed = keys.known_hosts(Lab("narrow"), shared).read_text()
    names = [line.split()[0] for line in listed.splitlines()]
    assert names == ["vm-docker,192.168.56.42", "vm-worker-2,192.168.56.45"]
    key = keys.host(Lab("wide"), "vm-worker-2").with_suffix(".pub").read_text()
    assert " ".join(key.split()[:2]) in listed
