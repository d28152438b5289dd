"""Files are written whole or not at all: the real command, run right here."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest

from facts.files import Content, Paths, PathState, Served, ServedPaths
from operations import files
from operations.files import File
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, commands, sh, stdin_of, texts, tool

ME = pwd.getpwuid(os.getuid()).pw_name
MINE = grp.getgrgid(os.getgid()).gr_name
OLD, NEW = "old\n", "new: $HOME `id` 'quoted' \\n\n" * 50


def write(file: File, stdin: str | None = None) -> int:
    """Run what the operation would run; returns the exit status."""
    (command,) = commands(files.put, files=[file])
    content = stdin_of(command)
    return sh(command.get_raw_value(), stdin=content if stdin is None else stdin).returncode


def mine(path: Path, content: str = NEW, mode: str = "0640", check: str = "") -> File:
    return File(str(path), content, mode, ME, MINE, check)


@pytest.fixture(autouse=True)
def bare(on_host: OnHost) -> None:
    on_host()


def test_a_file_arrives_with_content_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "it's here.conf"
    assert write(mine(path)) == 0
    assert path.read_text() == NEW
    assert f"{path.stat().st_mode & 0o7777:04o}" == "0640"
    assert (path.owner(), path.group()) == (ME, MINE)
    assert f"{path.parent.stat().st_mode & 0o777:o}" == "755"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_in_one_step_and_an_open_one_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(OLD)
    with path.open() as reader:
        assert write(mine(path)) == 0
        assert reader.read() == OLD
    assert path.read_text() == NEW
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(OLD)
    tool(tmp_path / "bin", "sync", f"cat {path} $1 >{tmp_path}/seen; exit 1")
    (command,) = commands(files.put, files=[mine(path)])
    done = sh(command.get_raw_value(), stdin=stdin_of(command), tools=tmp_path / "bin")
    assert (done.returncode, path.read_text()) == (1, OLD)
    assert (tmp_path / "seen").read_text() == OLD + NEW


def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    path, target = tmp_path / "hosts", tmp_path / "target"
    target.write_text(OLD)
    path.symlink_to(target)
    assert write(mine(path)) == 0
    assert not path.is_symlink()
    assert target.read_text() == OLD


@pytest.mark.parametrize("arrived", ["", NEW[:100], NEW[:-1], f"{NEW}more"])
def test_a_stream_that_ends_early_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, arrived: str
) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(OLD)
    assert write(mine(path), stdin=arrived) != 0
    assert path.read_text() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_check_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "edge.conf"
    path.write_text(OLD)
    assert write(mine(path, check="grep -q no-such-word {}")) != 0
    assert path.read_text() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_check_sees_the_new_content_before_it_lies_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "edge.conf"
    path.parent.mkdir()
    path.write_text(OLD)
    seen = tmp_path / "seen"
    assert write(mine(path, check=f"cp {{}} {seen} && grep -q old '{path}'")) == 0
    assert seen.read_text() == NEW
    assert path.read_text() == NEW


def test_a_folder_in_the_way_is_not_filled(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    path.mkdir()
    assert write(mine(path)) != 0
    assert list(path.iterdir()) == []
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_never_readable_by_others_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "tls.key"
    modes = tmp_path / "modes"
    secret = mine(path, mode="0600", check=f"stat -c %a {{}} >'{modes}' && true")
    (command,) = commands(files.put, files=[secret])
    before = command.get_raw_value().split(" && chmod ")[0]
    assert sh(f'{before} && stat -c %a "$new"', stdin=NEW).stdout == "600\n"
    assert write(secret) == 0
    assert modes.read_text() == "600\n"


def test_content_never_stands_in_the_command(tmp_path: Path) -> None:
    (command,) = commands(files.put, files=[mine(tmp_path / "x", content=PASSWORD)])
    assert PASSWORD not in command.get_raw_value()
    assert stdin_of(command) == f"{PASSWORD}\n"


def test_only_what_differs_is_changed(on_host: OnHost) -> None:
    same, wide, gone = (File(f"/etc/{name}", "x\n") for name in ("same", "wide", "gone"))
    good = PathState("file", "0644", "root", "root", files._sum("x\n"))
    on_host({Paths: {"/etc/same": good, "/etc/wide": PathState(**{**vars(good), "mode": "0666"})}})
    first, second = texts(files.put, files=[same, wide, gone])
    assert first == "chmod 0644 /etc/wide && chown root:root /etc/wide"
    assert "/etc" in second
    assert 'mv -fT "$new" gone' in second
    on_host({Paths: {"/etc/same": good}})
    assert texts(files.put, files=[same]) == []


@pytest.mark.parametrize(
    "found",
    [
        PathState("file", "0644", "root", "root", files._sum("y\n")),
        PathState("file", "0600", "root", "root", files._sum("x\n")),
        PathState("file", "0644", "admin", "root", files._sum("x\n")),
        PathState("file", "0644", "root", "admin", files._sum("x\n")),
        PathState("link", content="/etc/x"),
        PathState(),
    ],
)
def test_content_mode_owner_group_and_kind_all_count(found: PathState) -> None:
    assert not File("/etc/x", "x\n").matches(found)


@pytest.mark.parametrize(
    ("stale", "content", "loads"), [(False, "x\n", 0), (True, "x\n", 1), (False, "y\n", 1)]
)
def test_a_configuration_is_loaded_when_it_is_new_or_was_never_loaded(
    on_host: OnHost, stale: bool, content: str, loads: int
) -> None:
    found = {"/etc/x": PathState("file", "0644", "root", "root", files._sum(content))}
    on_host({ServedPaths: Served(found, stale)})
    told = texts(files.configure, files=[File("/etc/x", "x\n")], process="echo 1", load="reload it")
    wanted = 'if [ -n "$(echo 1)" ]; then reload it; fi'
    assert told.count(wanted) == loads
    assert told[-1:] == [wanted] * loads
    assert len(told) == loads + (content != "x\n")


@pytest.mark.parametrize(("process", "output"), [("echo 7", "loaded\n"), ("false", "")])
def test_only_a_process_that_runs_is_told_to_load(
    on_host: OnHost, process: str, output: str
) -> None:
    on_host({ServedPaths: Served({}, stale=True)})
    (load,) = texts(files.configure, files=[], process=process, load="echo loaded")
    done = sh(load)
    assert (done.returncode, done.stdout) == (0, output)


def test_a_difference_is_shown_but_never_that_of_a_secret(
    on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("operations.logger.info", shown.append)
    host = on_host({Content: "before\n"})
    host.state.config.DIFF = True
    texts(files.put, files=[File("/etc/x", "after\n"), File("/key", PASSWORD, mode="0600")])
    assert [line.strip() for line in shown if line.strip()[:1] in "+-"] == [
        "--- /etc/x",
        "+++ /etc/x",
        "-before",
        "+after",
    ]
    assert [given for fact, given in host.asked if fact is Content] == [{"path": "/etc/x"}]
