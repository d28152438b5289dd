"""The database's data, copied and compared; the volume that says where it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facts.cluster import Same
from facts.database import DataFolder, FolderState
from facts.nodes import Nodes, NodeState
from operations import database as subject
from operations import streams
from operations.streams import Broken
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, commands, refused_with, sh, texts

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "tar"))), reason="no bash or tar here"
)
Copy = Callable[..., bool]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """Copy between two machines that are folders of this one; `spoilt`: what comes is not that."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    data = tmp_path / "old/data"
    (data / "shop").mkdir(parents=True)
    (data / "shop/orders.ibd").write_bytes(os.urandom(5000))
    (data / "ibdata1").write_text("x")
    (data / "ibdata1").chmod(0o640)
    (data / "link").symlink_to("ibdata1")

    def local(host: Any, words: Sequence[str]) -> list[str]:
        moved = [word.replace("/data", f"{tmp_path}/{host.name}/data") for word in words]
        # This user may own nothing for others.
        return [word.replace(" --same-owner", "") for word in moved]

    def receive(host: Any, words: Sequence[str], target: Any) -> None:
        done = subprocess.run(local(host, words), capture_output=True, check=False)
        if done.returncode:
            raise Broken(done.stderr.decode().strip())
        target.write(done.stdout)

    def made(spoilt: bool = False, broken: bool = False) -> bool:
        def relay(source: Any, words: Sequence[str], target: Any, takes: Sequence[str]) -> None:
            sent = subprocess.run(local(source, words), capture_output=True, check=True).stdout
            got = sent[: len(sent) // 2] if broken else sent
            done = subprocess.run(local(target, takes), input=got, capture_output=True, check=False)
            if done.returncode:
                raise Broken(done.stderr.decode().strip())
            if spoilt:
                (tmp_path / "new/data.coming/ibdata1").write_text("y")

        monkeypatch.setattr(streams, "receive", receive)
        monkeypatch.setattr(streams, "relay", relay)
        old, new = StubHost("old"), StubHost("new")
        return subject._copy(None, new, "/data", old)  # type: ignore[arg-type]

    return made


def listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_all_of_it_comes_and_a_second_time_nothing_does(copy: Copy, tmp_path: Path) -> None:
    assert copy()
    assert listed(tmp_path / "new/data") == listed(tmp_path / "old/data")
    assert (tmp_path / "new/data/ibdata1").stat().st_mode & 0o777 == 0o640
    assert listed(tmp_path / "new")[0] == "data"
    before = (tmp_path / "new/data").stat().st_ino
    assert copy()
    assert (tmp_path / "new/data").stat().st_ino == before


def test_an_empty_folder_is_filled_and_what_was_cut_off_is_done_again(
    copy: Copy, tmp_path: Path
) -> None:
    (tmp_path / "new/data").mkdir()
    assert not copy(broken=True)
    assert listed(tmp_path / "new/data") == []
    (tmp_path / "new/data.coming/of another day").touch()
    assert copy()
    assert listed(tmp_path / "new/data") == listed(tmp_path / "old/data")
    assert not (tmp_path / "new/data.coming").exists()


def test_a_copy_that_differs_does_not_count(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert not copy(spoilt=True)
    assert re.search("/data has the sum [0-9a-f]{64} there, and [0-9a-f]{64} here", caplog.text)
    assert not (tmp_path / "new/data").exists()


def test_what_is_somebody_elses_stays(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "new/data").mkdir()
    (tmp_path / "new/data/mine").write_text("mine")
    assert not copy()
    assert listed(tmp_path / "new/data") == ["mine"]
    assert "the database was not copied, and is on old as before" in caplog.text
    assert "not empty" in caplog.text


def test_without_data_there_is_nothing_to_move(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(tmp_path / "old/data")
    assert not copy()
    assert "there is no /data" in caplog.text


def test_what_was_there_is_set_aside_once(on_host: OnHost) -> None:
    on_host({DataFolder: FolderState(entries=3)})
    (command,) = texts(subject.set_aside, path="/data/x y")
    assert re.fullmatch(r"mv -T '/data/x y' '/data/x y\.moved-\d{8}T\d{6}Z'", command)
    on_host({DataFolder: FolderState()})
    assert texts(subject.set_aside, path="/data/x y") == []


def test_a_setting_that_names_another_node_than_the_volume_is_refused(
    on_host: OnHost, platform: Platform
) -> None:
    words = {"platform": platform, "manifest": "m", "among": ["m"]}
    at = {"vm-worker-2": NodeState(True, ("threebody-prod-mysql",)), "vm-worker": NodeState(True)}
    on_host({Same: False, Nodes: at})
    (command,) = texts(subject.volume, **words)
    assert refused_with(command) == (
        "the database is on vm-worker-2, and app_database_worker is vm-worker: put vm-worker-2"
        " there, or move it (`make move-database NODE=vm-worker`)"
    )
    on_host({Same: False, Nodes: {"vm-worker": NodeState(True)}})
    (command,) = texts(subject.volume, **words)
    assert "apply --server-side" in command
    on_host({Same: True})
    assert texts(subject.volume, **words) == []


def test_the_manifest_that_is_handed_over_names_the_new_node(
    on_host: OnHost, platform: Platform
) -> None:
    on_host(name="vm-k8s")
    settings = platform.k8s_worker.model_copy(update={"app_database_worker": "vm-worker-2"})
    after = replace(platform, k8s_worker=settings)
    to = replace(platform.members("k8s_worker")[0], name="vm-worker-2")
    (command,) = commands(subject.hand_over, platform=after, to=to)
    assert "values: [vm-worker-2]" in command.get_raw_value()
    assert sh(f"set -- {command.get_raw_value()}; echo $#").stdout.strip() == "9"
